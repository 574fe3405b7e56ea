// What the alert router needs from outside, as small interfaces. Adapters stand
// beside (postgres_store, grpc_service), fakes in testing/fakes.h.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "alert_router/answers.h"
#include "alert_router/engine.h"
#include "alert_router/episode.h"
#include "common/access/authorizer.h"
#include "common/postgres/log_positions.h"

namespace nara::alert {

// A device that is silent, in which spell, and the alert that tells of it.
struct Silence {
  std::string device;
  std::string episode;
  std::string alert;
};

// A further device joins an alert whose last one joined within this ...
inline constexpr std::chrono::minutes kSilencesWithin{10};
// ... while nobody has answered it, or while so many of it are silent that whoever answered knows that it is no single
// device.
inline constexpr int kManySilent = 5;

// The rows of one transaction. What was read by a `Locked` call is ours until
// the transaction ends. One thread.
class Rows {
 public:
  virtual ~Rows() = default;

  // The database's clock at this moment; the only clock that decides anything.
  virtual absl::StatusOr<Time> Now() = 0;

  virtual absl::StatusOr<std::optional<Alert>> GetLocked(const std::string& id) = 0;
  // The alerts of an episode whose events were produced within `period`, and the one
  // that this event raised.
  virtual absl::StatusOr<std::vector<Alert>> EpisodeLocked(const Key& key, const Period& period,
                                                           const std::string& event_id) = 0;
  // The newest alert of the device and kind that nobody has answered.
  virtual absl::StatusOr<std::optional<Alert>> NewestUnansweredLocked(const std::string& device,
                                                                      const std::string& kind) = 0;
  // At most `limit` alerts that are offered to `receiver`, in the order of offers.
  virtual absl::StatusOr<std::vector<Alert>> OfferedLocked(const std::string& receiver, int limit) = 0;
  // At most `limit` alerts that wait for `receiver`, oldest first.
  virtual absl::StatusOr<std::vector<Alert>> WaitingLocked(const std::string& receiver, int limit) = 0;
  // At most `limit` alerts that are due, or further ahead than their step is long,
  // earliest first, passing over those that another router holds.
  virtual absl::StatusOr<std::vector<Alert>> DueLocked(int limit) = 0;

  // The remembered ends of an episode that were produced within `period`, oldest
  // first.
  virtual absl::StatusOr<std::vector<EpisodeEnd>> Ends(const Key& key, const Period& period) = 0;
  // Again is no error.
  virtual absl::Status RememberEnd(const Key& key, const EpisodeEnd& end) = 0;

  // The spell of silence of a device that is remembered.
  virtual absl::StatusOr<std::optional<Silence>> SilenceLocked(const std::string& device) = 0;
  // The newest open technical alert of `kind` for this unit that a further silent device joins (silence.h). Nobody else
  // raises one for the unit until the transaction ends.
  virtual absl::StatusOr<std::optional<Alert>> SilenceToJoinLocked(const std::string& kind,
                                                                   const Responsible& answer) = 0;
  virtual absl::Status RememberSilence(const Silence& silence) = 0;
  virtual absl::Status ForgetSilence(const std::string& device) = 0;
  // Devices of the alert that are still silent.
  virtual absl::StatusOr<int> StillSilent(const std::string& alert) = 0;

  // Writes the row and its new history. Aborted when the row is not at the
  // version that the change started from: run the transaction again.
  virtual absl::Status Save(const Change& change) = 0;

  // Moves the logs' positions with the effects above.
  virtual absl::Status Advance(std::span<const PositionStep> steps) = 0;
};

// Which alerts a list shows.
struct Query {
  Scope scope;            // what the caller may see
  std::string principal;  // only of this one; empty for all
  std::string device;     // likewise
  bool open_only = false;
  int limit = 100;
  // Newest first, those behind this one: the last of the page before.
  std::optional<Time> before_raised_at;
  std::string before_id;
};

struct AlertWithHistory {
  Alert alert;
  std::vector<HistoryEntry> history;  // oldest first
};

// PostgreSQL, schema `alerts`. Any thread; each call waits for at most the
// statement time-out. Unavailable: the outcome of a commit is unknown.
class Store {
 public:
  virtual ~Store() = default;

  // Runs `work` in a transaction and commits when it returns OK. While the
  // outcome is Aborted, `work` runs again from nothing.
  virtual absl::Status Run(const std::function<absl::Status(Rows&)>& work) = 0;

  // NotFound when there is none.
  virtual absl::StatusOr<AlertWithHistory> Get(const std::string& id) = 0;
  virtual absl::StatusOr<std::vector<Alert>> List(const Query& query) = 0;
  // At most `limit` alerts that are offered to `receiver`, those behind `after`, in
  // the order of offers.
  virtual absl::StatusOr<std::vector<Alert>> Offered(const std::string& receiver, const Place& after, int limit) = 0;

  // How long until the earliest next_action_at by the database's clock (negative
  // when it is late); nothing when no alert waits.
  virtual absl::StatusOr<std::optional<std::chrono::microseconds>> UntilNextAction() = 0;

  // Forgets ends that were remembered longer ago than `age`.
  virtual absl::Status ForgetEnds(std::chrono::seconds age) = 0;
};

// What a receiver hears each second.
struct Pulse {
  Time at{};
  std::chrono::milliseconds oldest_unrouted{0};
  std::vector<std::string> operators;  // who attend at the receiver, sorted
};

// One operator's stream. One thread at a time; never blocks. False: there is no
// room for more until something was taken, or it is closed.
class Screen {
 public:
  virtual ~Screen() = default;
  virtual bool Offer(const Alert& alert) = 0;
  virtual bool Withdraw(const Alert& alert, const std::string& reason) = 0;
  virtual bool Beat(const Pulse& pulse) = 0;
  // Messages that were given and that its client has not taken yet.
  virtual std::size_t waiting() const = 0;
  virtual void Close(absl::Status status) = 0;
};

// One WatchAlerts stream. Any thread. False: it is closed, or does not read fast
// enough; whoever gets false closes it. An empty list is a heartbeat.
class WatchSink {
 public:
  virtual ~WatchSink() = default;
  // Never blocks.
  virtual bool Show(const std::vector<Alert>& alerts) = 0;
  // As Show, but waits for room. On a worker's thread only.
  virtual bool ShowPatiently(const std::vector<Alert>& alerts) = 0;
  virtual void Close(absl::Status status) = 0;
};

}  // namespace nara::alert
