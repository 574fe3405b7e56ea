#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "gateway/http/message.h"
#include "gateway/metrics.h"

namespace nara::gateway {

// Between the requests and one service behind them: at most `most` requests wait for that service at a time, and one
// more is refused at once. So a service that takes calls and answers none holds its share of the threads that run
// requests, and no request of another service waits. Any thread.
class Bulkhead {
 public:
  static constexpr int kMost = 16;

  // `name` is for the refusal: "the alert router". The metrics must outlive it.
  Bulkhead(std::string name, Metrics::Service& metrics, int most = kMost)
      : name_(std::move(name)), metrics_(metrics), most_(most) {}

  using Result = absl::StatusOr<Response>;
  // What `call` answers, or UNAVAILABLE, reason SERVICE_BUSY.
  Result Run(const std::function<Result()>& call);

 private:
  void Count(const absl::Status& answer);

  const std::string name_;
  Metrics::Service& metrics_;
  const int most_;
  std::atomic<int> running_ = 0;
};

// One for each service. Threads for all that they let through and a few more are what a server needs.
struct Bulkheads {
  // Devices that ask the registry for certificates have a share apart (Admission).
  static constexpr int kOfAdmission = 8;
  static constexpr int kThreads = 3 * Bulkhead::kMost + kOfAdmission + 8;

  explicit Bulkheads(Metrics& metrics)
      : registry("the device registry", metrics.registry()),
        alerts("the alert router", metrics.alerts()),
        broker("the data broker", metrics.broker()) {}

  Bulkhead registry;
  Bulkhead alerts;
  Bulkhead broker;
};

}  // namespace nara::gateway
