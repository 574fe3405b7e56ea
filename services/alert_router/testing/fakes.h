// A store in memory, and screens and watchers that remember what they were shown.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "alert_router/ports.h"

namespace nara::alert::testing {

// Noon of some day.
inline constexpr Time kNoon{std::chrono::hours(24 * 20'000 + 12)};

// Behaves as PostgreSQL does, all of it under one lock: a transaction that fails
// leaves nothing behind. Its clock is moved by hand.
class FakeStore final : public Store {
 public:
  absl::Status Run(const std::function<absl::Status(Rows&)>& work) override;
  absl::StatusOr<AlertWithHistory> Get(const std::string& id) override;
  absl::StatusOr<std::vector<Alert>> List(const Query& query) override;
  absl::StatusOr<std::vector<Alert>> Offered(const std::string& receiver, const Place& after, int limit) override;
  absl::StatusOr<std::optional<std::chrono::microseconds>> UntilNextAction() override;
  absl::Status ForgetEnds(std::chrono::seconds) override { return down_; }

  void Advance(std::chrono::microseconds by) { now_ += by; }
  Time now() const { return now_; }

  // Every call fails with this until it is set to OK.
  void Break(absl::Status status) { down_ = std::move(status); }

  // The next commit happens, but its caller is told that it is unknown.
  void LoseTheNextReply() { lose_reply_ = true; }
  // The next commit does not happen, and its caller is told that it is unknown.
  void LoseTheNextCommit() { lose_commit_ = true; }

  // A row that holds this device id is refused as bad text, as PostgreSQL refuses
  // what is no UTF-8.
  void Refuse(const std::string& device) { refused_ = device; }

  // The most changes that one transaction wrote.
  std::size_t largest() const { return largest_; }
  void ForgetLargest() { largest_ = 0; }

  // By (kind, episode), for tests with one device: every occurrence, and the newest.
  std::vector<Alert> All(const std::string& kind, const std::string& episode) const;
  const Alert* Find(const std::string& kind, const std::string& episode) const;
  std::vector<std::string> Actions(const std::string& alert) const;
  std::size_t size() const { return tables_.alerts.size(); }
  std::string position(int shard) const;

 private:
  friend class FakeRows;
  struct Tables {
    std::map<std::string, Alert> alerts;
    std::map<std::string, std::vector<HistoryEntry>> history;
    std::map<Key, std::map<Time, EpisodeEnd>> ends;
    std::map<std::string, std::pair<Silence, Time>> silences;  // by device, since when
    std::map<int, std::string> positions;
  };

  mutable std::mutex mutex_;
  Tables tables_;
  Time now_ = kNoon;
  absl::Status down_;
  bool lose_reply_ = false;
  bool lose_commit_ = false;
  std::string refused_;
  std::size_t largest_ = 0;
};

// What a screen was shown, one line each: "offer <kind> <version>",
// "withdraw <kind> <reason>", "close <code>". It reads at once what it is given, until
// it hangs; then as much as it is told to.
class FakeScreen final : public Screen {
 public:
  bool Offer(const Alert& alert) override;
  bool Withdraw(const Alert& alert, const std::string& reason) override;
  bool Beat(const Pulse& pulse) override;
  std::size_t waiting() const override;
  void Close(absl::Status status) override;

  // Has room for so much, as the queue of a stream.
  static constexpr std::size_t kQueue = 256;

  void Hang() { hangs_ = true; }
  void Read(std::size_t count = kQueue);
  // What came since the last look, without beats.
  std::vector<std::string> Take();
  // "<oldest ms> <operators>"
  std::string last_beat() const { return last_beat_; }

 private:
  bool Add(const std::string& line);
  void ReadSome(std::size_t count);

  mutable std::mutex mutex_;
  std::deque<std::string> waiting_;
  std::vector<std::string> lines_;
  std::string last_beat_;
  bool hangs_ = false;
};

// "<kind> <state>" for each alert, "beat" for an empty message, "close <code>".
class FakeWatch final : public WatchSink {
 public:
  bool Show(const std::vector<Alert>& alerts) override;
  bool ShowPatiently(const std::vector<Alert>& alerts) override;
  void Close(absl::Status status) override;

  void Hang() { hangs_ = true; }
  // Called while it takes something patiently.
  std::function<void()> meanwhile;
  std::vector<std::string> Take();

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
  bool hangs_ = false;
};

}  // namespace nara::alert::testing
