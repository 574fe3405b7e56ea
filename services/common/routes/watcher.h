// Follows one of the registry's watches into a table, for ever: snapshot, then
// changes, then heartbeats each 250 ms; connects again with back-off when the
// stream breaks or stays silent for 2 s, and goes on from the revision it has.
//
// With a file in the options the table's last state is loaded before the first
// connection and saved after changes, so that a process that starts while the
// registry is down knows what it knew. A save costs one write of the whole
// table; it follows a change by at least `save_interval` and never takes more
// than about 5 % of the time. What a crash in between loses comes again from
// the registry.
//
// WatchChains carries chains and plans. Who follows both has two tables, each with its
// own file (plans.pb beside the other), and goes on from the older of their revisions.
// A state is applied to one after the other.
//
// WatchAccess carries clients and what residents let others see; who follows both has a
// lease (access_lease.h): it tells the registry by which state it decides.
//
// Threads: one of its own. Stop (or the destructor) cancels the stream, saves
// what is unsaved, and returns within about a second.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "common/access/access_table.h"
#include "common/access/privacy_table.h"
#include "common/routes/route_table.h"

namespace grpc {
class Channel;
}

namespace nara {

struct WatchOptions {
  // Where the local copy is kept, for example "<state_dir>/routes.pb"; empty
  // for none.
  std::string file;
  // Least time between two saves.
  std::chrono::milliseconds save_interval{1000};
  // A stream without any message for so long is given up.
  std::chrono::milliseconds silence_limit{2000};
  // Pause before connecting again: doubles from the first to the second, with
  // up to a fifth of chance in it.
  std::chrono::milliseconds first_pause{50};
  std::chrono::milliseconds last_pause{2000};
  // With a table of privacy: returns when everything has gone out that was decided
  // before it was called; may be empty.
  std::function<void()> settle;
  // Told of each change of state in one sentence, for the log; may be empty.
  std::function<void(const std::string& sentence)> report;
};

// How our services watch: the copy of `what` ("routes", "chains", "access") is
// <state_dir>/<what>.pb, and what happens to the stream goes to the log.
WatchOptions LocalCopy(const std::string& state_dir, const std::string& what);

class Watcher {
 public:
  // The table must outlive the watcher. Starts at once.
  static std::unique_ptr<Watcher> Start(std::shared_ptr<grpc::Channel> channel, RouteTable& table,
                                        WatchOptions options = {});
  static std::unique_ptr<Watcher> Start(std::shared_ptr<grpc::Channel> channel, ChainTable& table,
                                        WatchOptions options = {});
  static std::unique_ptr<Watcher> Start(std::shared_ptr<grpc::Channel> channel, ChainTable& chains, PlanTable& plans,
                                        WatchOptions options = {});
  static std::unique_ptr<Watcher> Start(std::shared_ptr<grpc::Channel> channel, AccessTable& table,
                                        WatchOptions options = {});
  static std::unique_ptr<Watcher> Start(std::shared_ptr<grpc::Channel> channel, AccessTable& clients,
                                        PrivacyTable& privacy, WatchOptions options = {});

  virtual ~Watcher() = default;

  // Idempotent.
  virtual void Stop() = 0;
};

}  // namespace nara
