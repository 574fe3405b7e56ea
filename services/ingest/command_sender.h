// Sends commands until they are answered or have expired, and takes the answers down.
//
// The way is at least once: a command is sent again after 5, 10, 20 and then each 30 seconds, and the copies before it
// expire in the MQTT server at that moment. So none is lost when a device, this process or the MQTT server goes away,
// and no pile waits for a device that comes back. The device carries it out once, by its id.
//
// An answer is durable as a record before it comes here; until it is written down it is in memory only. One that is
// lost so is given again: the command is sent once more, and the device repeats what it said.
//
// Threads: one of its own between Start and Stop. Wake and Answered may be called from any and never block.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "common/metrics/registry.h"
#include "common/mqtt/shard.h"
#include "ingest/commands.h"

namespace nara::ingest {

class CommandSender {
 public:
  // Hands one over to the MQTT server; Unavailable without a session.
  using Publish = std::function<absl::Status(const DueCommand&)>;

  // `store` must outlive it.
  CommandSender(CommandStore& store, Publish publish, metrics::Registry& registry, Lane lane);

  void Start();
  void Stop() { thread_ = {}; }

  // Something was accepted.
  void Wake();

  // A device has answered. Beyond 1,000 that wait it is dropped and counted.
  void Answered(CommandAnswer answer);

  // Writes down what was answered and sends what is due.
  absl::Status Round();

 private:
  void Run(const std::stop_token& stop);
  void WaitForWork(const std::stop_token& stop);
  absl::Status WriteAnswers();
  absl::Status SendDue();

  CommandStore& store_;
  const Publish publish_;
  metrics::Counter& sent_;
  metrics::Counter& failed_;
  metrics::Counter& answered_;
  metrics::Counter& dropped_;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool woken_ = false;                  // guarded by mutex_
  std::vector<CommandAnswer> answers_;  // guarded by mutex_
  // Last: it uses everything above.
  std::jthread thread_;
};

}  // namespace nara::ingest
