#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "tools/fleet/ledger.h"
#include "tools/platform/alert_client.h"

namespace nara::fleet {

// An alarm centre that notes when each offer came, then accepts and resolves
// it, so that the check leaves no alert behind.
class CheckCentre {
 public:
  // `alerts` and `ledger` must outlive it.
  CheckCentre(tools::AlertClient& alerts, std::string receiver, Ledger& ledger);
  ~CheckCentre();

  // True once a heartbeat came: alarms would reach us.
  bool attached() const;
  // Offers so far, and those that wait to be resolved.
  size_t offers() const;
  size_t pending() const;

 private:
  void OnOffer(const alert::v1::Offer& offer);
  void Run(const std::stop_token& stop);
  void Close(const std::string& alert);

  tools::AlertClient& alerts_;
  const std::string receiver_;
  Ledger& ledger_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::string> open_;  // guarded by mutex_
  size_t offers_ = 0;             // guarded by mutex_
  bool attached_ = false;         // guarded by mutex_
  // Last, in this order: the attendance feeds the thread.
  std::jthread thread_;
  std::unique_ptr<tools::Attendance> attendance_;
};

}  // namespace nara::fleet
