#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gateway/ports.h"

// Services that remember on whose behalf they were asked and answer what the test laid ready.
namespace nara::gateway::testing {

// Waits until `stop` is asked for, as a stream on which nothing comes.
inline absl::Status Silence(std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait(lock, stop, [] { return false; });
  return absl::CancelledError("stopped");
}

class FakeFleet final : public FleetPort {
 public:
  absl::StatusOr<registry::v1::ListPrincipalsResponse> ListPrincipals(const std::string& caller,
                                                                      std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    asked_by = caller;
    ++waiting_;
    const bool answers = wake_.wait(lock, stop, [this] { return !hangs_; });
    --waiting_;
    if (!answers) return absl::CancelledError("stopped");
    return answer;
  }
  // While it hangs, calls are taken and not answered.
  void Hang(bool hangs) {
    const std::lock_guard lock(mutex_);
    hangs_ = hangs;
    wake_.notify_all();
  }
  // Calls that are not answered yet.
  int waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }
  absl::StatusOr<registry::v1::ListPrincipalsResponse> answer = registry::v1::ListPrincipalsResponse();
  std::string asked_by;

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  bool hangs_ = false;  // guarded by mutex_
  int waiting_ = 0;     // guarded by mutex_
};

class FakeDevices final : public DevicePort {
 public:
  using Answer = absl::StatusOr<registry::v1::DeviceCredentials>;

  Answer Enrol(const registry::v1::EnrolRequest& request) override {
    enrolled = request;
    return Give(request.device());
  }
  Answer Renew(const registry::v1::RenewCertificateRequest& request) override {
    renewed = request;
    return Give(request.device());
  }

  absl::Status refusal;
  int asked = 0;
  registry::v1::EnrolRequest enrolled;
  registry::v1::RenewCertificateRequest renewed;

 private:
  Answer Give(const std::string& device) {
    ++asked;
    if (!refusal.ok()) return refusal;
    registry::v1::DeviceCredentials credentials;
    credentials.set_device(device);
    credentials.set_certificate_pem("cert of " + device);
    credentials.set_shard(7);
    return credentials;
  }
};

// Streams that are open from Attend to their destructor, unless they are broken. Any thread.
class FakeAttendances {
 public:
  std::unique_ptr<AttendLink> Begin(const std::string& receiver, AlertPort::OnPulse on_pulse) {
    auto link = std::make_unique<Link>(*this);
    const std::lock_guard lock(mutex_);
    ++begun_;
    open_[link.get()] = {receiver, std::move(on_pulse)};
    return link;
  }

  int begun() const {
    const std::lock_guard lock(mutex_);
    return begun_;
  }
  std::vector<std::string> open() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> receivers;
    receivers.reserve(open_.size());
    for (const auto& [link, attendance] : open_) receivers.push_back(attendance.receiver);
    return receivers;
  }
  // "a1 3": what was said on the streams, in order.
  std::vector<std::string> delivered() const {
    const std::lock_guard lock(mutex_);
    return delivered_;
  }
  // The service's pulse on every stream.
  void Beat(std::int64_t oldest_unrouted_ms) {
    alert::v1::Heartbeat pulse;
    pulse.set_oldest_unrouted_ms(oldest_unrouted_ms);
    const std::lock_guard lock(mutex_);
    for (const auto& [link, attendance] : open_) attendance.on_pulse(pulse);
  }
  // The service ends every stream.
  void Break() {
    const std::lock_guard lock(mutex_);
    open_.clear();
  }

 private:
  struct Open {
    std::string receiver;
    AlertPort::OnPulse on_pulse;
  };
  class Link final : public AttendLink {
   public:
    explicit Link(FakeAttendances& owner) : owner_(owner) {}
    ~Link() override {
      const std::lock_guard lock(owner_.mutex_);
      owner_.open_.erase(this);
    }
    absl::Status status() const override {
      const std::lock_guard lock(owner_.mutex_);
      return owner_.open_.contains(this) ? absl::OkStatus() : absl::UnavailableError("broken");
    }
    bool Delivered(const std::string& alert, std::uint64_t version) override {
      const std::lock_guard lock(owner_.mutex_);
      if (!owner_.open_.contains(this)) return false;
      owner_.delivered_.push_back(alert + " " + std::to_string(version));
      return true;
    }

   private:
    FakeAttendances& owner_;
  };

  mutable std::mutex mutex_;
  int begun_ = 0;                           // guarded by mutex_
  std::map<const AttendLink*, Open> open_;  // guarded by mutex_
  std::vector<std::string> delivered_;      // guarded by mutex_
};

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
  // The alert at once, and again after each Change.
  absl::Status Watch(const std::string&, std::stop_token stop, const OnAlerts& on_alerts) override {
    alert::v1::WatchAlertsResponse response;
    *response.add_alerts() = alert;
    std::unique_lock lock(mutex_);
    for (int seen = -1; !stop.stop_requested(); wake_.wait(lock, stop, [&] { return seen != changes_; })) {
      seen = changes_;
      on_alerts(response);
    }
    return absl::CancelledError("stopped");
  }
  void Change() {
    const std::lock_guard lock(mutex_);
    ++changes_;
    wake_.notify_all();
  }
  std::unique_ptr<AttendLink> Attend(const std::string& caller, const std::string&, OnPulse on_pulse) override {
    return attendances.Begin(caller, std::move(on_pulse));
  }

  alert::v1::Alert alert;
  alert::v1::ListAlertsResponse page;
  absl::Status act_status;
  std::string asked_by;
  alert::v1::ListAlertsRequest listed;
  std::vector<std::string> acts;
  FakeAttendances attendances;

 private:
  absl::StatusOr<alert::v1::Alert> Act(const std::string& caller, const std::string& what) {
    asked_by = caller;
    acts.push_back(what);
    if (!act_status.ok()) return act_status;
    return alert;
  }

  std::mutex mutex_;
  std::condition_variable_any wake_;
  int changes_ = 0;  // guarded by mutex_
};

class FakeObservations final : public ObservationPort {
 public:
  absl::StatusOr<broker::v1::ListObservationsResponse> List(
      const std::string& caller, const broker::v1::ListObservationsRequest& request) override {
    asked_by = caller;
    listed = request;
    return page;
  }
  absl::Status Subscribe(const std::string&, const std::string&, std::stop_token stop,
                         const OnObservations& on_observations) override {
    if (first) on_observations(*first);
    return Silence(stop);
  }
  broker::v1::ListObservationsResponse page;
  std::optional<broker::v1::SubscribeResponse> first;  // of a subscription
  broker::v1::ListObservationsRequest listed;
  std::string asked_by;
};

}  // namespace nara::gateway::testing
