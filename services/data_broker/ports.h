// What the data broker needs from outside, as small interfaces. An adapter file
// beside implements each: redis_logs, postgres_history, table_audience.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/redis/log_reader.h"
#include "data_broker/care_record.h"
#include "data_broker/holder.h"
#include "data_broker/position.h"

namespace nara::broker {

using nara::LogBatch;
using nara::LogBounds;
using nara::LogEntry;
using nara::LogSource;

// Reads logs anywhere. Not thread-safe: one for each thread.
class LogShelf {
 public:
  virtual ~LogShelf() = default;

  // At most `count` entries behind `after`.
  virtual absl::StatusOr<std::vector<LogEntry>> ReadAfter(LogId log, Position after, std::size_t count) = 0;
  virtual absl::StatusOr<LogBounds> Bounds(LogId log) = 0;

  // Of every log.
  virtual absl::StatusOr<std::map<LogId, LogBounds>> AllBounds() = 0;

  // Tells Redis what history has stored, so that logs may be trimmed behind it.
  virtual absl::Status Commit(const std::map<LogId, Position>& stored) = 0;
};

// Who answers for care data, and who may see it now. Thread-safe; answers from
// local copies, and never blocks.
class Audience {
 public:
  enum class Answer {
    kYes,
    kNo,
    kLater,    // rights are out of date, and this goes across
    kBlocked,  // it would be yes, but for a block, or a consent that is missing
  };

  // What decides besides who answers.
  struct About {
    std::string resident;
    std::string product;
  };

  // What a caller may reach at all: a principal, or some units, or nothing.
  struct Reach {
    std::string principal;
    std::vector<std::string> units;  // when there is no principal
    // Whose data consents let it see too.
    std::vector<std::string> residents = {};

    bool nothing() const { return principal.empty() && units.empty() && residents.empty(); }
  };

  virtual ~Audience() = default;

  // Whose the record is, and who answers for CARE at its effective time, which may be
  // nobody. Nothing while the record was made with a newer route than our copy's, which
  // is on its way.
  virtual std::optional<Holder> HolderOf(const CareRecord& record) const = 0;

  // The same for a record that comes from a log, with whom to tell of the corrections
  // since its route.
  virtual std::optional<Judgement> JudgementOf(const CareRecord& record) const = 0;

  // Our copy of the routes is at this revision of the registry, or beyond.
  virtual bool Knows(std::uint64_t revision) const = 0;

  // May this caller see this care data of this party now?
  virtual Answer MayReceive(const std::string& caller, const Party& party, const About& about) const = 0;

  // Who calls, and may it read care data of anybody? `peer` is the name in the
  // certificate, `caller` on whose behalf it says to call. Unauthenticated or
  // PermissionDenied, with ErrorInfo.
  virtual absl::Status Admit(const std::string& peer, const std::string& caller) const = 0;

  // What the caller may read of history, as things stand.
  virtual Reach ReachOf(const std::string& caller) const = 0;

  // Changes whenever an answer of ReachOf may have changed.
  virtual std::uint64_t rights_revision() const = 0;
};

inline Audience::About AboutOf(const CareRecord& record, const Holder& holder) {
  return {.resident = holder.resident, .product = record.observation.product()};
}

// A piece of one log's history, for replay.
struct ReplayQuery {
  LogId log;
  Position after;  // excluded
  Position until;  // included
  Audience::Reach reach = {};
  std::set<std::string> kinds = {};  // empty: all
  std::size_t limit = 0;
};

// Where a page of a listing, or a piece of relabelling, ended.
struct ListKey {
  std::int64_t effective_us = 0;  // microseconds since 1970
  std::string id;
};

// A page of history, newest first.
struct ListQuery {
  Audience::Reach reach;
  std::string device;    // empty: all
  std::string resident;  // likewise
  std::string kind;      // likewise
  std::optional<std::int64_t> since_us = {};
  std::optional<std::int64_t> until_us = {};
  std::optional<ListKey> before = {};  // from the previous page
  std::size_t limit = 0;
};

// How far the notices are.
struct NoticeHead {
  std::uint64_t number = 0;    // of the newest
  std::uint64_t revision = 0;  // the newest of their revisions
};

// A piece of the notices, in their order.
struct NoticeQuery {
  Audience::Reach reach;
  std::set<std::string> kinds = {};  // empty: all
  std::uint64_t after = 0;           // excluded
  std::uint64_t until = 0;           // included
  std::size_t limit = 0;
};

// Reads history. Thread-safe. Unavailable when PostgreSQL is gone.
class HistoryReader {
 public:
  virtual ~HistoryReader() = default;

  // How far each log is stored: every record up to there is in history.
  virtual absl::StatusOr<Positions> Stored() = 0;

  // By position; fewer than `limit` means that there are no more.
  virtual absl::StatusOr<std::vector<CareRecordPtr>> Replay(const ReplayQuery& query) = 0;

  // By effective time and id, newest first.
  virtual absl::StatusOr<std::vector<CareRecordPtr>> List(const ListQuery& query) = 0;

  // Every notice up to there is there.
  virtual absl::StatusOr<NoticeHead> Noticed() = 0;

  // By number; fewer than `limit` means that there are no more.
  virtual absl::StatusOr<std::vector<Notice>> Notices(const NoticeQuery& query) = 0;
};

// What a piece of relabelling came to.
struct RelabelledPiece {
  std::size_t rows = 0;         // gone over, right or wrong
  std::optional<ListKey> last;  // of them, when there may be more
};

// What one transaction stores; every row has a party.
struct HistoryBatch {
  std::vector<CareRecordPtr> rows;
  std::map<LogId, Position> positions;
  std::vector<Notice> notices = {};  // of those rows that were corrected before they came
};

// Writes history. Not thread-safe: one thread writes.
class HistoryWriterStore {
 public:
  virtual ~HistoryWriterStore() = default;

  // Takes or keeps the leases of as many shards as it can; returns the logs of
  // those that are ours, and how far each is stored.
  virtual absl::StatusOr<std::map<LogId, Position>> Own() = 0;

  // Stores rows, notices and positions in one transaction; rows and notices that are
  // there already are left alone. Aborted when a lease was lost: call Own again.
  virtual absl::Status Store(const HistoryBatch& batch) = 0;

  // Revision of the route by which each device's rows were labelled: its corrections up
  // to there are carried out.
  virtual absl::StatusOr<std::map<std::string, std::uint64_t>> Labelled() = 0;

  using Verdict = std::function<Judgement(const CareRecord& row)>;

  // Gives those of the device's rows that are behind `after`, at most `limit` of them,
  // the holder that `verdict` says, and stores the notices, in one transaction. A row
  // that another writer has changed meanwhile is left alone. Again is no harm.
  virtual absl::StatusOr<RelabelledPiece> Relabel(const std::string& device, const Verdict& verdict,
                                                  const std::optional<ListKey>& after, std::size_t limit) = 0;

  // All of the device's rows have the labels of this revision.
  virtual absl::Status NoteLabelled(const std::string& device, std::uint64_t revision) = 0;
};

}  // namespace nara::broker
