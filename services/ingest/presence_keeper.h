// Judges the presence of every device that the registry knows, by what both lanes heard, and tells each change in the
// log: docs/formats/presence.md. The alarm lane runs it, for the shards whose token it has.
//
// Each second it moves the hearing clocks on; each minute it judges. A change is saved untold, then appended, then
// saved as told: whenever the process ends, the next one goes on from what was saved, and says the same event.
//
// Memory: about 300 bytes for each device that is or was expected.
//
// Threads: one of its own between Start and Stop.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/catalogue/catalogue.h"
#include "common/metrics/registry.h"
#include "common/mqtt/shard.h"
#include "common/routes/route_table.h"
#include "common/time/clock.h"
#include "ingest/hearing_clock.h"
#include "ingest/ports.h"
#include "ingest/presence.h"
#include "ingest/presence_store.h"
#include "ingest/tokens.h"

namespace nara::ingest {

struct PresenceOptions {
  // Shorter tells a change sooner, and reads Redis more often.
  absl::Duration judge_each = absl::Minutes(1);
  PresenceRules rules = {};
  HearingRules hearing = {};
};

struct PresenceKeeperDeps {
  PresenceStore& store;
  LogGate& log;  // the keeper's own
  const RouteTable& routes;
  const Catalogue& catalogue;
  const ShardTokens& tokens;
  const Clock& clock;  // the machine's
  metrics::Registry& metrics;
  // Another process has taken over one of our shards: this one must end.
  std::function<void(int shard)> on_shard_lost;
};

class PresenceKeeper {
 public:
  PresenceKeeper(PresenceOptions options, PresenceKeeperDeps deps);

  void Start();
  void Stop() { thread_ = {}; }

  // One look, for tests. The status is that of the first thing that failed; all of it is done again next time.
  absl::Status Look();

 private:
  using Routes = std::vector<RouteTable::Pointer>;
  using States = PresenceStore::States;

  // A device that is judged, with a copy of what is known of it.
  struct Subject {
    std::string device;
    Expectation expectation;
    PresenceState state;
  };

  // What is known of a shard.
  struct Page {
    bool loaded = false;
    std::unordered_map<std::string, PresenceState> states;
    std::array<std::int64_t, kPresences> counts{};
  };

  bool Owns(int shard) const { return deps_.tokens[static_cast<std::size_t>(shard)] != 0; }
  absl::Status WatchLog();
  absl::Status MoveClocks();
  absl::Status JudgeAll();
  absl::Status JudgeShard(int shard, const Routes& routes);
  absl::Status Load(int shard);
  std::vector<Subject> SubjectsOf(int shard, const Routes& routes) const;
  absl::Status TakeSigns(int shard, const Now& now, std::vector<Subject>& subjects);
  States JudgeEach(int shard, const Now& now, std::vector<Subject>& subjects);
  absl::Status Save(int shard, const States& changes);
  absl::Status Tell(int shard);
  absl::Status TellSome(int shard, std::span<const std::string> devices);
  void Count(int shard, std::int64_t nobodys);
  void ShowCounts();

  const PresenceOptions options_;
  const PresenceKeeperDeps deps_;
  std::array<metrics::Gauge*, kPresences> gauges_{};
  metrics::Gauge& deaf_;
  // The thread's own:
  bool resumed_ = false;  // the clocks go on from what was stored
  std::array<HearingClock, kShardCount> clocks_;
  std::array<Page, kShardCount> pages_;
  absl::Duration judged_at_;  // monotonic
  std::jthread thread_;
};

}  // namespace nara::ingest
