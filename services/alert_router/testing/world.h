// A whole router but for its outer shell: a store in memory, local copies that
// the test fills with the county of county.h, and hand-moved rounds.
#pragma once

#include <memory>
#include <string>

#include "alert_router/attendance.h"
#include "alert_router/intake.h"
#include "alert_router/refiller.h"
#include "alert_router/testing/fakes.h"

namespace nara::alert::testing {

class World {
 public:
  World() : World(nullptr) {}
  // On another store than the one in memory, which must outlive the world; with
  // a settling time of its links, which have just been opened.
  explicit World(Store* other, std::chrono::milliseconds settle = {});

  // An entry of the alarm log of disp-1's shard, routed as the follower does.
  absl::Status Say(const telemetry::v1::LogRecord& record);
  absl::Status SayBytes(const std::string& payload);

  // "dose_missed" of an episode by disp-1, produced now.
  static telemetry::v1::LogRecord Event(const std::string& kind, const std::string& episode);

  // A round of everything that moves by itself, and watchers have been shown what changed.
  void Round();
  // Somebody attends; a round has served the link.
  std::shared_ptr<FakeScreen> Attend(const std::string& receiver, const std::string& operator_id = "anna");
  // Every link of the receiver goes.
  void Leave(const std::string& receiver);
  // Time goes by, and a round is done.
  void Pass(std::chrono::seconds time);

  rpc::CallContext As(const std::string& client) const { return {.peer = client, .caller = client}; }
  // The alert that a record raises.
  static std::string IdOf(const telemetry::v1::LogRecord& record);

  FakeStore store;
  Store& used_store;
  ManualClock clock{absl::FromUnixMicros(kNoon.time_since_epoch().count())};
  metrics::Registry registry;
  RouteTable routes;
  ChainTable chains;
  AccessTable access;
  Lag lag;
  const Catalogue catalogue;
  Metrics metrics{registry};
  Authorizer authorizer{access};
  Answers answers{routes, chains, {"county-fallback", std::chrono::seconds(45)}};
  Links links;
  Watchers watchers{[this](const std::string& caller, const Alert& alert) { return desk.MaySee(caller, alert); }};
  Outlet outlet{links, watchers, metrics};
  Ledger ledger{used_store, answers, links, outlet, metrics};
  Desk desk{used_store, ledger, authorizer};
  Caretaker caretaker{{ledger, used_store, links, metrics}};
  Refiller refiller{used_store, links, outlet};
  Attendance attendance{{desk, links, watchers, caretaker, lag, metrics, clock}};
  Intake intake{{ledger, catalogue, answers, metrics, clock}};

 private:
  uint64_t last_entry_ = 0;
};

}  // namespace nara::alert::testing
