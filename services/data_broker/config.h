// The data broker's configuration (README.md lists the keys).
#pragma once

#include <string>

#include "common/config/section.h"
#include "common/config/shared.h"

namespace nara::broker {

struct Config : config::Service {
  // Key of cursors and page tokens, at least 32 random bytes, the same for all data
  // brokers. With another one every subscriber begins anew.
  std::string cursor_key;
  // Records that wait for one subscriber before it has to catch up by itself; more
  // cost memory, about 1 kB each.
  std::size_t subscriber_queue = 4096;
  std::size_t max_subscriptions = 4096;
  // Connections to PostgreSQL for reading history; one more writes it.
  std::size_t history_readers = 4;
};

// Reads all keys and ends with Finish: InvalidArgument names file, line and key.
absl::StatusOr<Config> ReadConfig(config::Section& root);

}  // namespace nara::broker
