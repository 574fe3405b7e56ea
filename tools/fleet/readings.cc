#include "tools/fleet/readings.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "tools/fleet/random.h"

namespace nara::fleet {
namespace {

using telemetry::v1::Record;

// A number around a person's own usual one.
struct Vital {
  double low;  // usual values of people lie between
  double high;
  double sway;  // and stray by so much from time to time
};

constexpr Vital kSystolic{115, 155, 9};
constexpr Vital kDiastolic{68, 92, 6};
constexpr Vital kPulse{58, 84, 7};
constexpr Vital kWeight{52, 105, 0.7};
constexpr Vital kSpO2{91, 98, 1.2};
constexpr Vital kFev1{1.2, 3.4, 0.15};
constexpr Vital kFvcOverFev1{1.2, 1.5, 0.04};
constexpr Vital kPef{210, 480, 25};
constexpr Vital kGlucose{5.2, 9.5, 1.8};
constexpr Vital kBattery{40, 95, 5};

class Reading {
 public:
  Reading(const std::string& device, uint64_t seed, uint64_t draw)
      : person_(seed, device + "/person"), now_(seed + draw, device + "/reading") {}

  double Draw(const Vital& vital) {
    const double usual = person_.Between(vital.low, vital.high);
    return usual + now_.Between(-1, 1) * vital.sway;
  }

 private:
  Random person_;
  Random now_;
};

void Add(Record& record, const char* component, double number, int decimals) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, number);
  auto* const value = record.add_values();
  value->set_component(component);
  value->set_decimal(text.data());
}

void AddCode(Record& record, const char* component, const char* code) {
  auto* const value = record.add_values();
  value->set_component(component);
  value->set_code(code);
}

const char* MealAt(double second_of_day) {
  const double hour = second_of_day / 3600;
  if (hour < 8) return "before_breakfast";
  if (hour < 10.5) return "after_breakfast";
  if (hour < 13) return "before_lunch";
  if (hour < 19) return "before_supper";
  return "bedtime";
}

}  // namespace

Record MakeReading(const std::string& kind, const std::string& device, uint64_t seed, uint64_t draw,
                   double second_of_day) {
  Reading reading(device, seed, draw);
  Record record;
  record.set_kind(kind);
  if (kind == "blood_pressure") {
    Add(record, "systolic", reading.Draw(kSystolic), 0);
    Add(record, "diastolic", reading.Draw(kDiastolic), 0);
    Add(record, "pulse", reading.Draw(kPulse), 0);
  } else if (kind == "body_weight") {
    Add(record, "weight", reading.Draw(kWeight), 1);
  } else if (kind == "oxygen_saturation") {
    Add(record, "spo2", std::fmin(reading.Draw(kSpO2), 100), 0);
    Add(record, "pulse", reading.Draw(kPulse), 0);
  } else if (kind == "spirometry") {
    const double fev1 = reading.Draw(kFev1);
    Add(record, "fev1", fev1, 2);
    Add(record, "fvc", fev1 * reading.Draw(kFvcOverFev1), 2);
    Add(record, "pef", reading.Draw(kPef), 0);
  } else if (kind == "glucose") {
    Add(record, "glucose", reading.Draw(kGlucose), 1);
    AddCode(record, "context", MealAt(second_of_day));
  } else if (kind == "battery_level") {
    Add(record, "level", reading.Draw(kBattery), 0);
  }
  return record;
}

}  // namespace nara::fleet
