// Runs very many seeded lives of something.
//
// NARA_SIMULATIONS=N sets their number, NARA_SEED=N the first seed; a failure prints
// the seed, and NARA_SIMULATIONS=1 NARA_SEED=<seed> replays it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

namespace nara::alert::testing {

inline uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

// `Life` is made from a seed, and its Run fails the test when something is wrong.
template <typename Life>
void LiveThrough() {
  const uint64_t schedules = FromEnvironment("NARA_SIMULATIONS", 20000);
  const uint64_t first = FromEnvironment("NARA_SEED", std::random_device{}());
  std::cout << "simulation: " << schedules << " schedules from seed " << first << std::endl;
  for (uint64_t seed = first; seed < first + schedules; ++seed) {
    SCOPED_TRACE("NARA_SIMULATIONS=1 NARA_SEED=" + std::to_string(seed));
    Life(seed).Run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace nara::alert::testing
