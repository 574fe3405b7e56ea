// History in PostgreSQL (docs/formats/history.md).
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "common/postgres/log_positions.h"
#include "common/postgres/pool.h"
#include "data_broker/history_sql.h"
#include "data_broker/ports.h"

namespace nara::broker {

// Reads what row-level security lets through for the query's reach. Thread-safe.
class PostgresHistoryReader final : public HistoryReader {
 public:
  // `connections` at most; the schema is set here.
  PostgresHistoryReader(PostgresOptions options, std::size_t connections);

  absl::StatusOr<Positions> Stored() override;
  absl::StatusOr<std::vector<CareRecordPtr>> Replay(const ReplayQuery& query) override;
  absl::StatusOr<std::vector<CareRecordPtr>> List(const ListQuery& query) override;
  absl::StatusOr<NoticeHead> Noticed() override;
  absl::StatusOr<std::vector<Notice>> Notices(const NoticeQuery& query) override;

 private:
  absl::StatusOr<Result> Select(const Audience::Reach& reach, const Query& query);

  PostgresPool pool_;
};

// Writes. Makes its connection, and the tables, when first used and after a failure.
class PostgresHistoryWriter final : public HistoryWriterStore {
 public:
  // `holder` names this process among all that run; leases last `lease`.
  PostgresHistoryWriter(PostgresOptions options, std::string holder, std::chrono::milliseconds lease);
  // Gives up its leases.
  ~PostgresHistoryWriter() override;

  absl::StatusOr<std::map<LogId, Position>> Own() override;
  absl::Status Store(const HistoryBatch& batch) override;
  absl::StatusOr<std::map<std::string, std::uint64_t>> Labelled() override;
  absl::StatusOr<RelabelledPiece> Relabel(const std::string& device, const Verdict& verdict,
                                          const std::optional<ListKey>& after, std::size_t limit) override;
  absl::Status NoteLabelled(const std::string& device, std::uint64_t revision) override;

 private:
  absl::Status Connect();
  absl::Status Take(Log log);
  absl::Status Insert(Transaction& transaction, const std::vector<CareRecordPtr>& rows);

  const PostgresOptions options_;
  const LogPositions positions_;
  const std::chrono::milliseconds lease_;
  std::unique_ptr<PostgresConnection> connection_;
  std::map<LogId, ShardLease> leases_;
};

}  // namespace nara::broker
