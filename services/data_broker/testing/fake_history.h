// History in memory: what its reader and its writer see, with knobs.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "data_broker/testing/fakes.h"

namespace nara::broker::testing {

// History in memory: both its sides.
class FakeHistory final : public HistoryReader, public HistoryWriterStore {
 public:
  // Another writer takes over a log's lease.
  void Lose(LogId log) {
    const std::lock_guard lock(mutex_);
    elsewhere_.insert(log);
  }
  void Down(bool down) {
    const std::lock_guard lock(mutex_);
    down_ = down;
  }
  // A statement over more rows takes too long.
  void Manages(std::size_t rows) {
    const std::lock_guard lock(mutex_);
    manages_ = rows;
  }
  // The labels of this device cannot be corrected.
  void RefuseLabels(const std::string& device) {
    const std::lock_guard lock(mutex_);
    unlabelled_ = device;
  }
  std::vector<CareRecordPtr> rows() const {
    const std::lock_guard lock(mutex_);
    return rows_;
  }
  // Rows of each batch that was stored.
  std::vector<std::size_t> batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }
  // Unit of each row, by id.
  std::map<std::string, std::string> units() const {
    const std::lock_guard lock(mutex_);
    std::map<std::string, std::string> units;
    for (const CareRecordPtr& row : rows_) units[row->observation.id()] = row->party->unit;
    return units;
  }
  std::vector<Notice> notices() const {
    const std::lock_guard lock(mutex_);
    return notices_;
  }
  Positions positions() const {
    const std::lock_guard lock(mutex_);
    return positions_;
  }
  std::map<std::string, std::uint64_t> relabelled() const {
    const std::lock_guard lock(mutex_);
    return labelled_;
  }

  absl::StatusOr<Positions> Stored() override {
    const std::lock_guard lock(mutex_);
    if (down_) return Gone();
    return positions_;
  }
  absl::StatusOr<std::vector<CareRecordPtr>> Replay(const ReplayQuery& query) override {
    const std::lock_guard lock(mutex_);
    if (down_) return Gone();
    std::vector<CareRecordPtr> found;
    for (const CareRecordPtr& row : rows_) {
      const bool in = row->log == query.log && row->position > query.after && row->position <= query.until;
      if (in && Reached(query.reach, *row) && found.size() < query.limit) found.push_back(row);
    }
    return found;
  }
  absl::StatusOr<std::vector<CareRecordPtr>> List(const ListQuery& query) override {
    const std::lock_guard lock(mutex_);
    if (down_) return Gone();
    std::vector<CareRecordPtr> found;
    for (const CareRecordPtr& row : rows_) {
      if (Reached(query.reach, *row) && Older(*row, query.before)) found.push_back(row);
    }
    std::ranges::sort(found, [](const auto& a, const auto& b) { return KeyOf(*a) > KeyOf(*b); });
    if (found.size() > query.limit) found.resize(query.limit);
    return found;
  }

  absl::StatusOr<std::map<LogId, Position>> Own() override {
    const std::lock_guard lock(mutex_);
    if (down_) return Gone();
    std::map<LogId, Position> owned;
    for (std::size_t i = 0; i < kLogs; ++i) {
      const LogId log = LogAt(i);
      if (!elsewhere_.contains(log)) owned[log] = positions_[log];
    }
    return owned;
  }
  absl::Status Store(const HistoryBatch& batch) override {
    const std::lock_guard lock(mutex_);
    if (down_) return Gone();
    for (const auto& [log, position] : batch.positions) {
      if (elsewhere_.contains(log)) return absl::AbortedError("another writer has the lease of a log");
    }
    if (batch.rows.size() > manages_) return TooLong();
    batches_.push_back(batch.rows.size());
    for (const CareRecordPtr& row : batch.rows) {
      if (ids_.insert(row->observation.id()).second) rows_.push_back(row);
    }
    Notify(batch.notices);
    for (const auto& [log, position] : batch.positions) positions_[log] = position;
    return absl::OkStatus();
  }
  absl::StatusOr<std::map<std::string, std::uint64_t>> Labelled() override {
    const std::lock_guard lock(mutex_);
    if (down_) return Gone();
    return labelled_;
  }
  absl::StatusOr<NoticeHead> Noticed() override {
    const std::lock_guard lock(mutex_);
    if (down_) return Gone();
    NoticeHead head{.number = notices_.size()};
    for (const Notice& notice : notices_) head.revision = std::max(head.revision, notice.revision);
    return head;
  }
  absl::StatusOr<std::vector<Notice>> Notices(const NoticeQuery& query) override {
    const std::lock_guard lock(mutex_);
    if (down_) return Gone();
    std::vector<Notice> found;
    for (Notice notice : notices_) {
      const bool in = notice.number > query.after && notice.number <= query.until && found.size() < query.limit;
      if (!in || !Reached(query.reach, notice.party)) continue;
      if (!query.kinds.empty() && !query.kinds.contains(notice.kind)) continue;
      const auto row = std::ranges::find(rows_, notice.id, [](const auto& r) { return r->observation.id(); });
      const bool still = row != rows_.end() && (*row)->party->unit == notice.party.unit;
      if (notice.what == Notice::What::kReissued && still) notice.record = *row;
      found.push_back(std::move(notice));
    }
    return found;
  }
  absl::StatusOr<RelabelledPiece> Relabel(const std::string& device, const Verdict& verdict,
                                          const std::optional<ListKey>& after, std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    if (down_) return Gone();
    if (device == unlabelled_) return absl::InternalError("no labels for this device");
    std::map<std::pair<std::int64_t, std::string>, CareRecordPtr*> behind;
    for (CareRecordPtr& row : rows_) {
      const bool behind_after = !after || KeyOf(*row) > std::pair(after->effective_us, after->id);
      if (row->observation.device() == device && behind_after) behind.emplace(KeyOf(*row), &row);
    }
    if (std::min(limit, behind.size()) > manages_) return TooLong();
    RelabelledPiece piece;
    for (auto row = behind.begin(); row != behind.end() && piece.rows < limit; ++row, ++piece.rows) {
      *row->second = Labelled(**row->second, verdict(**row->second));
      piece.last = {row->first.first, row->first.second};
    }
    if (piece.rows < limit) piece.last.reset();
    return piece;
  }
  absl::Status NoteLabelled(const std::string& device, std::uint64_t revision) override {
    const std::lock_guard lock(mutex_);
    if (down_) return Gone();
    labelled_[device] = revision;
    return absl::OkStatus();
  }

 private:
  static absl::Status Gone() { return absl::UnavailableError("history is down"); }
  static absl::Status TooLong() { return absl::DeadlineExceededError("the statement took too long"); }
  CareRecordPtr Labelled(const CareRecord& row, Judgement judgement) {
    auto labelled = std::make_shared<CareRecord>(row);
    labelled->assignment = std::move(judgement.holder.assignment);
    labelled->resident = std::move(judgement.holder.resident);
    labelled->party = std::move(judgement.holder.party);
    Notify(judgement.notices);
    return labelled;
  }
  void Notify(const std::vector<Notice>& notices) {
    const auto key = [](const Notice& n) { return std::tuple(n.id, n.revision, n.party.unit, n.what); };
    for (const Notice& notice : notices) {
      if (std::ranges::any_of(notices_, [&](const Notice& n) { return key(n) == key(notice); })) continue;
      notices_.push_back(notice);
      notices_.back().number = notices_.size();
    }
  }
  static std::pair<std::int64_t, std::string> KeyOf(const CareRecord& row) {
    return {Micros(row.observation.effective_at()), row.observation.id()};
  }
  static bool Older(const CareRecord& row, const std::optional<ListKey>& before) {
    return !before || KeyOf(row) < std::pair(before->effective_us, before->id);
  }
  static bool Reached(const Audience::Reach& reach, const Party& party) {
    return reach.principal.empty() ? std::ranges::find(reach.units, party.unit) != reach.units.end()
                                   : reach.principal == party.principal;
  }
  static bool Reached(const Audience::Reach& reach, const CareRecord& row) {
    const bool consented = std::ranges::find(reach.residents, row.resident) != reach.residents.end();
    return consented || Reached(reach, *row.party);
  }

  mutable std::mutex mutex_;
  std::vector<CareRecordPtr> rows_;
  std::set<std::string> ids_;
  std::vector<Notice> notices_;
  Positions positions_;
  std::map<std::string, std::uint64_t> labelled_;
  std::set<LogId> elsewhere_;
  std::vector<std::size_t> batches_;
  std::size_t manages_ = std::numeric_limits<std::size_t>::max();
  std::string unlabelled_;
  bool down_ = false;
};

}  // namespace nara::broker::testing
