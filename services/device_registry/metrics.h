// What the registry counts, as verbs.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "common/metrics/registry.h"

namespace nara::registry {

class Metrics {
 public:
  explicit Metrics(metrics::Registry& registry);

  // A call of a method has ended.
  void Called(const std::string& method, const absl::Status& status, std::chrono::nanoseconds took);
  // The feeds show a revision.
  void Shows(std::uint64_t revision);
  // The store could (not) be read for the watches.
  void StoreAnswers(bool answers);
  // So many hand-overs have passed their deadline without an answer.
  void HandOversExpired(int count);
  // So many are open now, by state.
  void HandOversOpen(std::int64_t proposed, std::int64_t expired, std::int64_t disputed);
  // So many looks at identities have been kept for long enough.
  void IdentityReadsForgotten(std::int64_t count);
  // The MQTT server does (not) obey the newest list of who is revoked.
  void LockedOut(bool in_force);

 private:
  struct Method {
    metrics::Counter* ok;
    metrics::Counter* refused;  // the caller's fault
    metrics::Counter* failed;   // ours
    metrics::Histogram* seconds;
  };
  std::map<std::string, Method> methods_;  // constant after construction
  metrics::Gauge& revision_;
  metrics::Gauge& store_up_;
  metrics::Counter& expired_;
  metrics::Gauge& open_proposed_;
  metrics::Gauge& open_expired_;
  metrics::Gauge& open_disputed_;
  metrics::Gauge& locked_out_;
  metrics::Counter& forgotten_;
};

}  // namespace nara::registry
