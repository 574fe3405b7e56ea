#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "tools/platform/alert_client.h"

namespace nara::fleet {

// Simulated people at many receivers, over one client system that may attend as
// any. While the heartbeat of a receiver shows somebody who is not simulated,
// the people there do nothing new; what they accepted they still resolve.
class Staff {
 public:
  Staff(tools::AlertClient& alerts, const std::vector<std::string>& receivers, uint64_t seed);
  ~Staff();

 private:
  void OnOffer(const std::string& receiver, const alert::v1::Offer& offer);
  void OnHeartbeat(const std::string& receiver, const alert::v1::Heartbeat& heartbeat);
  void Later(absl::Duration after, std::function<void()> task);
  void Run(const std::stop_token& stop);
  bool Held(const std::string& receiver);
  void Accept(const std::string& receiver, const std::string& alert, absl::Duration resolve_after);
  void Reject(const std::string& receiver, const std::string& alert);
  void Resolve(const std::string& receiver, const std::string& alert);

  tools::AlertClient& alerts_;
  const uint64_t seed_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::multimap<absl::Time, std::function<void()>> tasks_;  // guarded by mutex_
  std::set<std::string> held_;                              // guarded by mutex_: receivers where a person attends
  // Before the attendances end nothing may be added to it: it goes last.
  std::jthread thread_;
  std::vector<std::unique_ptr<tools::Attendance>> attendances_;
};

}  // namespace nara::fleet
