#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nara::fleet {

// Something that a device will say, at a moment of the simulated day.
struct Occasion {
  // Seconds after midnight of the simulated day; may reach into the next.
  double at = 0;
  std::string kind;
  // Of a dose: the moment at which it was due, which names its episode; else -1.
  double dose_at = -1;
};

// Chances of a dose, per dose.
inline constexpr double kMissed = 0.05;
inline constexpr double kTakenLate = 0.5;  // of the missed ones
// A dose is missed when it has not been taken for this long, in seconds.
inline constexpr double kDoseWindow = 3600;

// What a device of this product says on a day, by time: pressure in the morning
// and evening, weight after getting up, glucose around meals, doses at fixed
// hours and mostly taken. The same for the same arguments. Empty for a product
// that the simulator does not know.
std::vector<Occasion> OccasionsOfDay(const std::string& device, const std::string& product, uint64_t seed, int day);

}  // namespace nara::fleet
