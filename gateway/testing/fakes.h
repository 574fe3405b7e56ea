#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/ports.h"

// Services that remember on whose behalf they were asked and answer what the test laid ready.
namespace nara::gateway::testing {

class FakeFleet final : public FleetPort {
 public:
  absl::StatusOr<registry::v1::ListPrincipalsResponse> ListPrincipals(const std::string& caller) override {
    asked_by = caller;
    return answer;
  }
  absl::StatusOr<registry::v1::ListPrincipalsResponse> answer = registry::v1::ListPrincipalsResponse();
  std::string asked_by;
};

// Waits until `stop` is asked for, as a stream on which nothing comes.
inline absl::Status Silence(std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait(lock, stop, [] { return false; });
  return absl::CancelledError("stopped");
}

class FakeAlerts final : public AlertPort {
 public:
  absl::StatusOr<alert::v1::ListAlertsResponse> List(const std::string& caller,
                                                     const alert::v1::ListAlertsRequest& request) override {
    asked_by = caller;
    listed = request;
    return page;
  }
  absl::StatusOr<alert::v1::GetAlertResponse> Get(const std::string& caller, const std::string&) override {
    asked_by = caller;
    alert::v1::GetAlertResponse response;
    *response.mutable_alert() = alert;
    response.add_history()->set_action("raised");
    return response;
  }
  absl::StatusOr<alert::v1::Alert> Accept(const std::string& caller, const std::string& id) override {
    return Act(caller, "accept " + id);
  }
  absl::StatusOr<alert::v1::Alert> Reject(const std::string& caller, const std::string& id,
                                          const std::string& reason) override {
    return Act(caller, "reject " + id + " " + reason);
  }
  absl::StatusOr<alert::v1::Alert> Resolve(const std::string& caller, const std::string& id,
                                           const std::string& reason) override {
    return Act(caller, "resolve " + id + " " + reason);
  }
  absl::Status Watch(const std::string&, std::stop_token stop, const OnAlerts& on_alerts) override {
    alert::v1::WatchAlertsResponse response;
    *response.add_alerts() = alert;
    on_alerts(response);
    return Silence(stop);
  }
  absl::Status Attend(const std::string& caller, const std::string&, std::stop_token stop) override {
    {
      const std::lock_guard lock(mutex);
      attended_by = caller;
    }
    changed.notify_all();
    return Silence(stop);
  }

  alert::v1::Alert alert;
  alert::v1::ListAlertsResponse page;
  absl::Status act_status;
  std::string asked_by;
  alert::v1::ListAlertsRequest listed;
  std::vector<std::string> acts;
  std::mutex mutex;
  std::condition_variable changed;
  std::string attended_by;  // guarded by mutex

 private:
  absl::StatusOr<alert::v1::Alert> Act(const std::string& caller, const std::string& what) {
    asked_by = caller;
    acts.push_back(what);
    if (!act_status.ok()) return act_status;
    return alert;
  }
};

class FakeObservations final : public ObservationPort {
 public:
  absl::StatusOr<broker::v1::ListObservationsResponse> List(
      const std::string& caller, const broker::v1::ListObservationsRequest& request) override {
    asked_by = caller;
    listed = request;
    return page;
  }
  absl::Status Subscribe(const std::string&, const std::string&, std::stop_token stop, const OnObservations&) override {
    return Silence(stop);
  }
  broker::v1::ListObservationsResponse page;
  broker::v1::ListObservationsRequest listed;
  std::string asked_by;
};

}  // namespace nara::gateway::testing
