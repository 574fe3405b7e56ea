// The data broker's outside world in memory, with knobs.
#pragma once

#include <algorithm>
#include <array>
#include <condition_variable>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/mqtt/shard.h"
#include "common/time/proto_time.h"
#include "data_broker/deliverer.h"
#include "data_broker/ports.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::broker::testing {

inline constexpr std::int64_t kNoon = 1'771'329'600;  // 2026-02-17 12:00 UTC

// One log record: device, sequence, and what else differs from a usual one.
struct Say {
  std::string device = "glu-1";
  std::uint64_t seq = 1;
  std::string kind = "glucose";
  bool test = false;
  std::uint64_t route_revision = 1;
  std::int64_t at = kNoon;
};

inline telemetry::v1::LogRecord LogRecordOf(const Say& say) {
  telemetry::v1::LogRecord record;
  record.set_event_id(say.device + "/m/00000000000000aa/" + std::to_string(say.seq));
  record.set_device(say.device);
  record.set_lane(telemetry::v1::LANE_MEASUREMENT);
  record.set_epoch(0xaa);
  record.mutable_record()->set_seq(say.seq);
  record.mutable_record()->set_kind(say.kind);
  record.mutable_record()->set_test(say.test);
  auto& value = *record.mutable_record()->add_values();
  value.set_component("value");
  value.set_decimal("5.40");
  record.mutable_effective_at()->set_seconds(say.at);
  record.mutable_received_at()->set_seconds(say.at);
  record.set_assignment("as-" + say.device);
  record.set_resident("res-" + say.device);
  record.set_product("glucose-meter");
  record.set_route_revision(say.route_revision);
  return record;
}

inline std::string PayloadOf(const Say& say) {
  return LogRecordOf(say).SerializeAsString();
}

// Another device whose records stand in the same logs.
inline std::string NeighbourOf(const std::string& device) {
  for (int i = 1;; ++i) {
    std::string neighbour = "new-" + std::to_string(i);
    if (nara::ShardOf(neighbour) == nara::ShardOf(device)) return neighbour;
  }
}

// Logs that live in memory. All methods from any thread.
class FakeLogs {
 public:
  Position Append(LogId log, std::string payload) {
    const std::lock_guard lock(mutex_);
    const Position position{++clock_, 0};
    logs_[IndexOf(log)].entries.push_back({position, std::move(payload)});
    logs_[IndexOf(log)].last = position;
    changed_.notify_all();
    return position;
  }
  Position Append(LogId log, const Say& say) { return Append(log, PayloadOf(say)); }

  // An entry that is trimmed before anybody has read it.
  Position AppendGone(LogId log) {
    const std::lock_guard lock(mutex_);
    const Position position{++clock_, 0};
    logs_[IndexOf(log)] = {.entries = {}, .trimmed_before = position.Next(), .last = position};
    return position;
  }

  // Removes everything up to and including `through`.
  void Trim(LogId log, Position through) {
    const std::lock_guard lock(mutex_);
    OneLog& one = logs_[IndexOf(log)];
    const auto gone = std::erase_if(one.entries, [&](const LogEntry& e) { return e.position <= through; });
    if (gone > 0) one.trimmed_before = std::max(one.trimmed_before, through.Next());
  }

  void Down(bool down) {
    const std::lock_guard lock(mutex_);
    down_ = down;
    changed_.notify_all();
  }

  std::map<LogId, Position> committed() const {
    const std::lock_guard lock(mutex_);
    return committed_;
  }

  std::unique_ptr<LogSource> Source() { return std::make_unique<SourceView>(*this); }
  std::unique_ptr<LogShelf> Shelf() { return std::make_unique<ShelfView>(*this); }

 private:
  struct OneLog {
    std::vector<LogEntry> entries;
    Position trimmed_before;
    Position last;
  };

  std::vector<LogEntry> After(LogId log, Position after, std::size_t count) const {
    std::vector<LogEntry> found;
    for (const LogEntry& entry : logs_[IndexOf(log)].entries) {
      if (entry.position > after && found.size() < count) found.push_back(entry);
    }
    return found;
  }
  static LogBounds BoundsOf(const OneLog& log) {
    LogBounds bounds;
    if (!log.entries.empty()) bounds.first = log.entries.front().position;
    bounds.last = log.last;
    bounds.trimmed_before = log.trimmed_before;
    bounds.length = log.entries.size();
    return bounds;
  }
  absl::Status Up() const { return down_ ? absl::UnavailableError("the logs are down") : absl::OkStatus(); }

  class SourceView final : public LogSource {
   public:
    explicit SourceView(FakeLogs& logs) : logs_(logs) {}
    void Follow(LogId log, Position after) override { positions_[log] = after; }
    void Unfollow(LogId log) override { positions_.erase(log); }
    absl::StatusOr<std::vector<LogBatch>> Read(std::chrono::milliseconds block) override {
      std::unique_lock lock(logs_.mutex_);
      std::vector<LogBatch> batches;
      logs_.changed_.wait_for(lock, std::min(block, std::chrono::milliseconds(20)), [&] {
        batches = Collect();
        return logs_.down_ || !batches.empty();
      });
      if (absl::Status status = logs_.Up(); !status.ok()) return status;
      for (const LogBatch& batch : batches) positions_[batch.log] = batch.entries.back().position;
      return batches;
    }

   private:
    std::vector<LogBatch> Collect() const {
      std::vector<LogBatch> batches;
      for (const auto& [log, after] : positions_) {
        auto entries = logs_.After(log, after, 50);
        if (!entries.empty()) batches.push_back({log, std::move(entries)});
      }
      return batches;
    }
    FakeLogs& logs_;
    std::map<LogId, Position> positions_;
  };

  class ShelfView final : public LogShelf {
   public:
    explicit ShelfView(FakeLogs& logs) : logs_(logs) {}
    absl::StatusOr<std::vector<LogEntry>> ReadAfter(LogId log, Position after, std::size_t count) override {
      const std::lock_guard lock(logs_.mutex_);
      if (absl::Status status = logs_.Up(); !status.ok()) return status;
      return logs_.After(log, after, count);
    }
    absl::StatusOr<LogBounds> Bounds(LogId log) override {
      const std::lock_guard lock(logs_.mutex_);
      if (absl::Status status = logs_.Up(); !status.ok()) return status;
      return BoundsOf(logs_.logs_[IndexOf(log)]);
    }
    absl::StatusOr<std::map<LogId, LogBounds>> AllBounds() override {
      const std::lock_guard lock(logs_.mutex_);
      if (absl::Status status = logs_.Up(); !status.ok()) return status;
      std::map<LogId, LogBounds> all;
      for (std::size_t i = 0; i < kLogs; ++i) all[LogAt(i)] = BoundsOf(logs_.logs_[i]);
      return all;
    }
    absl::Status Commit(const std::map<LogId, Position>& stored) override {
      const std::lock_guard lock(logs_.mutex_);
      if (absl::Status status = logs_.Up(); !status.ok()) return status;
      for (const auto& [log, position] : stored) logs_.committed_[log] = position;
      return absl::OkStatus();
    }

   private:
    FakeLogs& logs_;
  };

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::array<OneLog, kLogs> logs_;
  std::uint64_t clock_ = 1000;
  bool down_ = false;
  std::map<LogId, Position> committed_;
};

// Who answers for which device, and who may see which units.
class FakeAudience final : public Audience {
 public:
  void Answers(const std::string& device, const std::string& unit, std::uint64_t revision = 1) {
    const std::lock_guard lock(mutex_);
    routes_[device] = {revision, {"1480", unit}};
  }
  // From now on by this route, corrections included.
  void Follows(registry::v1::Route route) {
    const std::lock_guard lock(mutex_);
    timelines_[route.device()] = std::move(route);
  }
  // Our copy of the routes is no further.
  void KnowsUpTo(std::uint64_t revision) {
    const std::lock_guard lock(mutex_);
    knows_ = revision;
  }
  void Allow(const std::string& caller, const std::set<std::string>& units) {
    const std::lock_guard lock(mutex_);
    units_[caller] = units;
    ++revision_;
  }
  // All units of principal 1480.
  void AllowPrincipal(const std::string& caller) {
    const std::lock_guard lock(mutex_);
    units_[caller] = {};
    principals_.insert(caller);
    ++revision_;
  }
  void Revoke(const std::string& caller) {
    const std::lock_guard lock(mutex_);
    units_.erase(caller);
    ++revision_;
  }
  // Rights are out of date for what consents open, and for nothing else.
  void StaleAcross(bool stale) {
    const std::lock_guard lock(mutex_);
    stale_across_ = stale;
  }
  void Block(const std::string& resident, bool blocked = true) {
    const std::lock_guard lock(mutex_);
    if (blocked) blocked_.insert(resident);
    if (!blocked) blocked_.erase(resident);
    ++revision_;
  }
  // A consent lets the caller see this resident's data.
  void Consent(const std::string& caller, const std::string& resident) {
    const std::lock_guard lock(mutex_);
    consents_[caller].insert(resident);
    ++revision_;
  }
  void Stale(bool stale) {
    const std::lock_guard lock(mutex_);
    stale_ = stale;
  }

  std::optional<Holder> HolderOf(const CareRecord& record) const override {
    const std::lock_guard lock(mutex_);
    const auto timeline = timelines_.find(record.observation.device());
    if (timeline != timelines_.end()) return broker::HolderOf(timeline->second, record);
    const auto route = routes_.find(record.observation.device());
    if (route == routes_.end() || route->second.first < record.route_revision) return std::nullopt;
    return Holder{record.assignment, record.resident, route->second.second};
  }
  std::optional<Judgement> JudgementOf(const CareRecord& record) const override {
    {
      const std::lock_guard lock(mutex_);
      const auto timeline = timelines_.find(record.observation.device());
      if (timeline != timelines_.end()) return JudgeNew(timeline->second, record);
    }
    std::optional<Holder> holder = HolderOf(record);
    if (!holder) return std::nullopt;
    return Judgement{.holder = *std::move(holder), .notices = {}};
  }
  bool Knows(std::uint64_t revision) const override {
    const std::lock_guard lock(mutex_);
    return knows_ >= revision;
  }
  Answer MayReceive(const std::string& caller, const Party& party, const About& about) const override {
    const std::lock_guard lock(mutex_);
    if (stale_) return Answer::kLater;
    if (blocked_.contains(about.resident)) return Answer::kBlocked;
    const auto consents = consents_.find(caller);
    if (consents != consents_.end() && consents->second.contains(about.resident)) {
      return stale_across_ ? Answer::kLater : Answer::kYes;
    }
    if (principals_.contains(caller)) return Answer::kYes;
    const auto units = units_.find(caller);
    return units != units_.end() && units->second.contains(party.unit) ? Answer::kYes : Answer::kNo;
  }
  absl::Status Admit(const std::string&, const std::string& caller) const override {
    const std::lock_guard lock(mutex_);
    return units_.contains(caller) ? absl::OkStatus() : absl::PermissionDeniedError("no care data");
  }
  Reach ReachOf(const std::string& caller) const override {
    const std::lock_guard lock(mutex_);
    const auto units = units_.find(caller);
    if (units == units_.end()) return {};
    if (principals_.contains(caller)) return {.principal = "1480", .units = {}};
    const auto consents = consents_.find(caller);
    const std::set<std::string> residents = consents == consents_.end() ? std::set<std::string>() : consents->second;
    return {.principal = "",
            .units = {units->second.begin(), units->second.end()},
            .residents = {residents.begin(), residents.end()}};
  }
  std::uint64_t rights_revision() const override {
    const std::lock_guard lock(mutex_);
    return revision_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::pair<std::uint64_t, Party>> routes_;
  std::map<std::string, registry::v1::Route> timelines_;
  std::uint64_t knows_ = std::numeric_limits<std::uint64_t>::max();
  std::map<std::string, std::set<std::string>> units_;
  std::set<std::string> principals_;
  std::set<std::string> blocked_;                          // residents
  std::map<std::string, std::set<std::string>> consents_;  // caller -> residents
  std::uint64_t revision_ = 1;
  bool stale_ = false;
  bool stale_across_ = false;
};

// A stream whose receiver can be made slow.
class FakeWriter final : public ResponseWriter {
 public:
  bool Offer(v1::SubscribeResponse message) override {
    const std::lock_guard lock(mutex_);
    if (status_) return false;
    received_.push_back(std::move(message));
    return true;
  }
  bool OfferWithin(v1::SubscribeResponse message, absl::Duration) override { return Offer(std::move(message)); }
  void Close(absl::Status status) override {
    std::function<void()> callback;
    {
      const std::lock_guard lock(mutex_);
      if (!status_) status_ = std::move(status);
      callback = std::exchange(on_closed_, nullptr);
    }
    if (callback) callback();
  }
  bool closed() const override {
    const std::lock_guard lock(mutex_);
    return status_.has_value();
  }
  std::size_t queued() const override {
    const std::lock_guard lock(mutex_);
    return stalled_ ? 1 : 0;
  }
  void OnClosed(std::function<void()> callback) override {
    {
      const std::lock_guard lock(mutex_);
      if (!status_) {
        on_closed_ = std::move(callback);
        return;
      }
    }
    callback();
  }

  // The receiver takes nothing.
  void Stall(bool stalled) {
    const std::lock_guard lock(mutex_);
    stalled_ = stalled;
  }
  std::vector<v1::SubscribeResponse> received() const {
    const std::lock_guard lock(mutex_);
    return received_;
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (const auto& response : received()) {
      for (const auto& observation : response.observations()) ids.push_back(observation.id());
    }
    return ids;
  }
  // "id unit revision" of what is withdrawn, in order.
  std::vector<std::string> withdrawn() const {
    std::vector<std::string> withdrawn;
    for (const auto& response : received()) {
      for (const v1::Withdrawn& one : response.withdrawn()) {
        withdrawn.push_back(one.id() + " " + one.unit() + " " + std::to_string(one.revision()));
      }
    }
    return withdrawn;
  }
  // "id resident revision" of what is reissued.
  std::vector<std::string> reissued() const {
    std::vector<std::string> reissued;
    for (const auto& response : received()) {
      for (const v1::Observation& one : response.observations()) {
        if (one.reissued_by() == 0) continue;
        reissued.push_back(one.id() + " " + one.resident() + " " + std::to_string(one.reissued_by()));
      }
    }
    return reissued;
  }
  std::string cursor() const {
    const std::lock_guard lock(mutex_);
    return received_.empty() ? "" : received_.back().cursor();
  }
  std::optional<absl::Status> status() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<v1::SubscribeResponse> received_;
  std::optional<absl::Status> status_;
  std::function<void()> on_closed_;
  bool stalled_ = false;
};

}  // namespace nara::broker::testing
