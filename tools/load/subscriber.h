// A receiver that takes everything of its filters and counts it, as the plainest would.
// It has a session for each, as ingest has: on a single one mosquitto starves the
// acknowledgements behind many publishers, and drops what it had acknowledged to them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/load/connection.h"

namespace nara::load {

struct SubscriberOptions {
  Endpoint endpoint;
  std::string client_id;                   // the sessions are client_id-00, client_id-01 ...
  std::vector<std::string> filters;        // at least one
  absl::Duration idle = absl::Seconds(5);  // ends so long after the last message
};

struct SubscriberReport {
  std::uint64_t messages = 0;  // each acknowledged
  absl::Time first;            // when they came
  absl::Time last;
};

absl::StatusOr<SubscriberReport> Subscribe(const SubscriberOptions& options);

}  // namespace nara::load
