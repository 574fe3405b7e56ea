#include "alert_router/log_follower.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <condition_variable>
#include <numeric>
#include <utility>

#include "common/log/log.h"
#include "common/redis/retention.h"

namespace nara::alert {
namespace {

constexpr char kLog[] = "alarm";
constexpr char kConsumer[] = "alert-router";
constexpr std::size_t kMostOfALog = 64;
constexpr std::chrono::milliseconds kBlock{200};
// Short, so that who takes over after a crash need not wait long.
constexpr std::chrono::milliseconds kLease{2'000};
constexpr std::chrono::milliseconds kRenewEach{600};
constexpr std::chrono::seconds kReportEach{5};
constexpr std::chrono::seconds kAskEach{1};
constexpr std::chrono::milliseconds kPause{50};
// How soon a shard that waits for a route is looked at again.
constexpr std::chrono::milliseconds kLookEach{50};

std::vector<int> AllShards() {
  std::vector<int> shards(16);
  std::iota(shards.begin(), shards.end(), 0);
  return shards;
}

std::optional<int64_t> MillisOf(std::string_view text) {
  int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  const bool is_number = error == std::errc() && end == text.data() + text.size() && ms >= 0;
  return is_number ? std::optional(ms) : std::nullopt;
}

// 0 stands for none.
uint64_t Older(uint64_t a, uint64_t b) {
  return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

uint64_t OldestOf(const std::vector<LogBatch>& batches) {
  uint64_t oldest = 0;
  for (const LogBatch& batch : batches) {
    if (!batch.entries.empty()) oldest = Older(oldest, batch.entries.front().position.ms);
  }
  return oldest;
}

}  // namespace

LogFollower::LogFollower(Deps deps, RedisOptions redis)
    : deps_(deps), redis_(std::move(redis)), reader_(redis_, kMostOfALog) {}

void LogFollower::Start() {
  started_ = std::chrono::steady_clock::now();
  thread_ = std::jthread([this](const std::stop_token& stop) { Loop(stop); });
}

void LogFollower::Stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  Release();
}

void LogFollower::Loop(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    const absl::Status status = Turn();
    Note(status);
    if (!status.ok()) wake.wait_for(lock, stop, kPause, [] { return false; });
  }
}

absl::Status LogFollower::Turn() {
  if (std::chrono::steady_clock::now() >= next_renewal_) {
    if (absl::Status renewed = RenewLeases(); !renewed.ok()) return renewed;
  }
  if (!Informed()) return absl::UnavailableError("the registry has not been heard since the start; waiting for it");
  TakeUpHeld();
  auto batches = reader_.Read(held_.empty() ? kBlock : kLookEach);
  if (!batches.ok()) return batches.status();
  deps_.lag.Read(absl::ToUnixMillis(deps_.clock.Now()), Older(OldestOf(*batches), OldestHeld()));
  HoldBack(*batches);
  if (absl::Status routed = Route(*batches); !routed.ok()) return routed;
  deps_.lag.Read(absl::ToUnixMillis(deps_.clock.Now()), OldestHeld());
  ReportPositions();
  AskIngest();
  return absl::OkStatus();
}

bool LogFollower::Informed() {
  if (!informed_) informed_ = deps_.informed() || std::chrono::steady_clock::now() >= started_ + deps_.patience;
  return informed_;
}

// What we read on beyond a position that is not committed is read again: Follow moves the reader back to it.
absl::Status LogFollower::RenewLeases() {
  const auto connection = deps_.pool.Acquire();
  if (!connection.ok()) return connection.status();
  const auto held = deps_.positions.Acquire(**connection, kLog, AllShards(), kLease);
  if (!held.ok()) return held.status();
  std::map<LogId, ShardLease> leases;
  for (const ShardLease& lease : *held) leases[{lease.shard, Log::kAlarm}] = lease;
  for (const auto& [log, lease] : leases_) {
    if (!leases.contains(log)) reader_.Unfollow(log);
  }
  for (const auto& [log, lease] : leases) {
    const auto position = Position::Parse(lease.position);
    if (!position.ok()) return position.status();
    const auto followed = reader_.positions().find(log);
    if (followed == reader_.positions().end() || followed->second != *position) reader_.Follow(log, *position);
  }
  leases_ = std::move(leases);
  next_renewal_ = std::chrono::steady_clock::now() + kRenewEach;
  return absl::OkStatus();
}

void LogFollower::TakeUpHeld() {
  const auto now = std::chrono::steady_clock::now();
  if (held_.empty() || now < next_look_) return;
  for (const auto& [log, since] : held_) {
    const auto lease = leases_.find(log);
    if (lease == leases_.end()) continue;
    if (const auto position = Position::Parse(lease->second.position); position.ok()) reader_.Follow(log, *position);
  }
  held_.clear();
  next_look_ = now + kLookEach;
}

void LogFollower::HoldBack(std::vector<LogBatch>& batches) {
  for (LogBatch& batch : batches) {
    const std::size_t ready = deps_.intake.Ready(batch.log, batch.entries);
    if (ready == batch.entries.size()) continue;
    held_[batch.log] = batch.entries[ready].position.ms;
    batch.entries.resize(ready);
    reader_.Unfollow(batch.log);
  }
}

uint64_t LogFollower::OldestHeld() const {
  uint64_t oldest = 0;
  for (const auto& [log, ms] : held_) oldest = Older(oldest, ms);
  return oldest;
}

absl::Status LogFollower::Route(const std::vector<LogBatch>& batches) {
  std::vector<LogSlice> slices;
  for (const LogBatch& batch : batches) {
    const auto lease = leases_.find(batch.log);
    if (lease == leases_.end() || batch.entries.empty()) continue;
    slices.push_back({batch.log, {lease->second, batch.entries.back().position.ToString()}, batch.entries});
  }
  if (slices.empty()) return absl::OkStatus();
  const absl::Status taken = deps_.intake.Take(slices);
  if (!taken.ok()) {
    next_renewal_ = {};
    return taken;
  }
  for (const LogSlice& slice : slices) leases_[slice.log].position = slice.step.to;
  return absl::OkStatus();
}

// For retention and lag only; the truth is in PostgreSQL.
void LogFollower::ReportPositions() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_report_ || leases_.empty()) return;
  next_report_ = now + kReportEach;
  RedisConnection* connection = SideConnection();
  if (connection == nullptr) return;
  std::map<LogId, Position> positions;
  for (const auto& [log, lease] : leases_) {
    if (const auto position = Position::Parse(lease.position); position.ok()) positions[log] = *position;
  }
  const absl::Status told = CommitPositions(*connection, kConsumer, positions);
  if (!told.ok()) log::Warn("follower", "the logs do not know our positions", {{"error", told.ToString()}});
}

void LogFollower::AskIngest() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_question_) return;
  next_question_ = now + kAskEach;
  RedisConnection* connection = SideConnection();
  if (connection == nullptr) return;
  const auto reply = connection->Call({"GET", kAlarmLagKey});
  const int64_t now_ms = absl::ToUnixMillis(deps_.clock.Now());
  deps_.lag.IngestSaid(now_ms, reply.ok() ? MillisOf(reply->view().text()) : std::nullopt);
}

// Null while Redis cannot be reached.
RedisConnection* LogFollower::SideConnection() {
  if (side_connection_ == nullptr || side_connection_->broken()) {
    auto connection = RedisConnection::Connect(redis_);
    if (!connection.ok()) return nullptr;
    side_connection_ = *std::move(connection);
  }
  return side_connection_.get();
}

void LogFollower::Note(const absl::Status& status) {
  std::scoped_lock lock(mutex_);
  if (status.ok() != health_.ok()) {
    if (status.ok()) {
      log::Info("follower", "the alarm logs are routed");
    } else {
      log::Error("follower", "the alarm logs are not routed", {{"error", status.ToString()}});
    }
  }
  health_ = status;
}

absl::Status LogFollower::Health() const {
  std::scoped_lock lock(mutex_);
  return health_;
}

void LogFollower::Release() {
  const auto connection = deps_.pool.Acquire();
  if (connection.ok()) deps_.positions.Release(**connection).IgnoreError();
}

}  // namespace nara::alert
