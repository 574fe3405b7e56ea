// One client that takes everything of a filter, as the plainest receiver would.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/load/connection.h"

namespace nara::load {

struct SubscriberOptions {
  Endpoint endpoint;
  std::string client_id;
  std::string filter;
  absl::Duration idle = absl::Seconds(5);  // ends so long after the last message
};

struct SubscriberReport {
  std::uint64_t messages = 0;  // each acknowledged
  absl::Time first;            // when they came
  absl::Time last;
};

absl::StatusOr<SubscriberReport> Subscribe(const SubscriberOptions& options);

}  // namespace nara::load
