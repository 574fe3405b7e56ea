#include "tools/fleet/rhythm.h"

#include <algorithm>
#include <map>

#include "tools/fleet/random.h"

namespace nara::fleet {
namespace {

constexpr double kMinute = 60;
constexpr double kHour = 3600;

// When people measure: hours, with how far they stray.
struct Habit {
  std::vector<double> hours;
  double spread_hours;
  double chance;  // of keeping to it on a day
};

struct MeasuringProduct {
  std::string kind;
  Habit habit;
};

const std::map<std::string, MeasuringProduct>& MeasuringProducts() {
  static const std::map<std::string, MeasuringProduct> products = {
      {"bp-meter", {"blood_pressure", {{7.5, 19}, 1.5, 0.9}}},
      {"scale", {"body_weight", {{7}, 1.0, 0.95}}},
      {"oximeter", {"oxygen_saturation", {{8, 13, 20}, 1.5, 0.85}}},
      {"spirometer", {"spirometry", {{8, 19}, 1.5, 0.85}}},
      {"glucose-meter", {"glucose", {{7, 9, 12, 17, 21.5}, 0.7, 0.9}}},
  };
  return products;
}

std::vector<Occasion> Measurements(const MeasuringProduct& product, Random& random) {
  std::vector<Occasion> occasions;
  for (const double hour : product.habit.hours) {
    const double stray = random.Between(-1, 1) * product.habit.spread_hours;
    if (random.Chance(product.habit.chance)) {
      occasions.push_back({.at = (hour + stray) * kHour, .kind = product.kind, .dose_at = -1});
    }
  }
  return occasions;
}

// A person's own hours, the same every day: two to four doses.
std::vector<double> DoseHours(const std::string& device, uint64_t seed) {
  Random random(seed, device + "/doses");
  const std::vector<double> usual = {8, 20, 13, 22};
  std::vector<double> hours;
  for (size_t i = 0; i < 2 + random.Below(3); ++i) {
    hours.push_back(usual[i] + random.Between(-0.75, 0.75));
  }
  return hours;
}

void AddDose(double due, bool locks_away, Random& random, std::vector<Occasion>& occasions) {
  if (!random.Chance(kMissed)) {
    const double delay = std::min(random.Between(0, 1) * random.Between(0, 55), 55.0) * kMinute;
    occasions.push_back({.at = due + delay, .kind = "dose_taken", .dose_at = due});
    return;
  }
  const double missed = due + kDoseWindow;
  occasions.push_back({.at = missed, .kind = "dose_missed", .dose_at = due});
  if (random.Chance(kTakenLate)) {
    const double late = random.Between(5, 90) * kMinute;
    occasions.push_back({.at = missed + late, .kind = "dose_taken", .dose_at = due});
  } else if (locks_away) {
    const double later = random.Between(90, 120) * kMinute;
    occasions.push_back({.at = missed + later, .kind = "dose_locked_away", .dose_at = due});
  }
}

std::vector<Occasion> Doses(const std::string& device, bool locks_away, uint64_t seed, Random& random) {
  std::vector<Occasion> occasions;
  for (const double hour : DoseHours(device, seed)) {
    AddDose(hour * kHour, locks_away, random, occasions);
  }
  const auto sometimes = [&](double chance, const char* kind) {
    if (!random.Chance(chance)) return;
    occasions.push_back({.at = random.Between(7, 21) * kHour, .kind = kind, .dose_at = -1});
  };
  sometimes(1.0, "battery_level");
  sometimes(1.0 / 14, "refill_needed");
  sometimes(1.0 / 700, "jam");
  return occasions;
}

}  // namespace

std::vector<Occasion> OccasionsOfDay(const std::string& device, const std::string& product, uint64_t seed, int day) {
  Random random(seed, device + "/" + std::to_string(day));
  std::vector<Occasion> occasions;
  if (const auto found = MeasuringProducts().find(product); found != MeasuringProducts().end()) {
    occasions = Measurements(found->second, random);
  } else if (product == "dosell-service" || product == "evondos") {
    occasions = Doses(device, product == "evondos", seed, random);
  }
  std::sort(occasions.begin(), occasions.end(), [](const Occasion& a, const Occasion& b) { return a.at < b.at; });
  return occasions;
}

}  // namespace nara::fleet
