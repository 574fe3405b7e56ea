#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nara::fleet {

// What the plan needs to know of a principal.
struct CountyPrincipal {
  std::string id;    // "1480", or "14" for the region
  std::string name;  // in Swedish
  int64_t population = 0;
};

struct PlannedUnit {
  std::string id;  // care-<principal>-<n>
  std::string principal;
  std::string provider;
  std::string name;
};

struct PlannedDevice {
  std::string id;
  std::string product;
  std::string principal;
  std::string unit;
  std::string resident;
  // Left alone by the simulator, for people to try by hand.
  bool sample = false;
};

struct CountyPlan {
  std::vector<PlannedUnit> units;
  std::vector<PlannedDevice> devices;
};

struct CountyOptions {
  uint64_t seed = 2026;
  // Devices beside the samples that are needed to reach their own counts; the
  // proportions stay those of the default. 0 leaves the samples alone.
  int devices = 0;
};

// The figures of the status deck of March 2026: dispensers with a patient.
inline constexpr int kMunicipalDispensers = 1346;
inline constexpr int kMunicipalitiesWithDispensers = 38;
inline constexpr int kRegionalDispensers = 10;
// Invented: no document says how many measuring devices there are where.
inline constexpr int kMeasuringDevices = 600;
inline constexpr int kCountyDevices = kMunicipalDispensers + kRegionalDispensers + kMeasuringDevices;

// Where people try things by hand.
inline constexpr char kSamplePrincipal[] = "1480";
inline constexpr char kSampleUnit[] = "care-1480-1";

// How many dispensers and measuring devices a principal has in the full county.
struct PrincipalCounts {
  int dispensers = 0;
  int measuring = 0;
};

// Counts of the full county, in the order of `principals`. Which 11
// municipalities have no dispenser, and who has how many, is invented: by
// population and seed, such that all five bins of the deck (0, 1-9, 10-50,
// 51-100, more than 100) occur. `principals` are the 49 municipalities and the
// region, Gothenburg (1480) among them.
std::vector<PrincipalCounts> CountCounty(const std::vector<CountyPrincipal>& principals, uint64_t seed);

// The county by seed: the same input gives the same plan. Two samples of each
// connected product lie in kSampleUnit and count among the devices of its
// principal.
CountyPlan PlanCounty(const std::vector<CountyPrincipal>& principals, const CountyOptions& options);

// 0 to 4: the bin of the deck that a count falls in.
int BinOf(int count);

}  // namespace nara::fleet
