// When something reached us.
#pragma once

#include "absl/time/time.h"

namespace nara::ingest {

struct Arrival {
  absl::Time at;
  // Our own clock could not be believed then (arrival_clock.h).
  bool in_doubt = false;
};

}  // namespace nara::ingest
