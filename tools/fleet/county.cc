#include "tools/fleet/county.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "tools/fleet/apportion.h"
#include "tools/fleet/random.h"

namespace nara::fleet {
namespace {

constexpr char kRegion[] = "14";
constexpr int kSamplesPerProduct = 2;
constexpr int kMostUnits = 8;
constexpr int kInhabitantsPerUnit = 40'000;
constexpr int kBins = 5;
// Share of the devices that go to somebody who already has one.
constexpr double kSharedResident = 0.25;

struct ProductShare {
  const char* product;
  const char* prefix;  // of device ids
  double share;        // within its group
};

constexpr std::array<ProductShare, 3> kDispensers{
    {{"dosell-service", "dosell", 0.55}, {"evondos", "evondos", 0.33}, {"dosell-simple", "simple", 0.12}}};
constexpr std::array<ProductShare, 5> kMeasuring{{{"bp-meter", "bp", 0.40},
                                                  {"scale", "scale", 0.22},
                                                  {"oximeter", "oximeter", 0.14},
                                                  {"glucose-meter", "glucose", 0.14},
                                                  {"spirometer", "spiro", 0.10}}};

bool IsMunicipality(const CountyPrincipal& principal) {
  return principal.id != kRegion;
}

// Population with a seeded spread, 0 for the region.
std::vector<double> Weights(const std::vector<CountyPrincipal>& principals, Random& random) {
  std::vector<double> weights;
  for (const CountyPrincipal& principal : principals) {
    const double spread = random.Between(0.7, 1.3);
    weights.push_back(IsMunicipality(principal) ? spread * static_cast<double>(principal.population) : 0.0);
  }
  return weights;
}

// The smaller a municipality, the likelier it has none; never the sample's.
std::vector<size_t> WithDispensers(const std::vector<CountyPrincipal>& principals, Random& random) {
  std::vector<std::pair<double, size_t>> ranked;
  for (size_t i = 0; i < principals.size(); ++i) {
    if (!IsMunicipality(principals[i])) continue;
    const double lot = random.Between(0.2, 1.0);
    const double first = principals[i].id == kSamplePrincipal ? 1e12 : 0.0;
    ranked.emplace_back(first + lot * static_cast<double>(principals[i].population), i);
  }
  std::sort(ranked.rbegin(), ranked.rend());
  if (ranked.size() > kMunicipalitiesWithDispensers) ranked.resize(kMunicipalitiesWithDispensers);
  std::vector<size_t> chosen;
  for (const auto& [rank, index] : ranked) chosen.push_back(index);
  return chosen;
}

std::vector<PrincipalCounts> Draw(const std::vector<CountyPrincipal>& principals, Random& random) {
  std::vector<double> dispenser_weights(principals.size(), 0.0);
  const std::vector<double> weights = Weights(principals, random);
  const std::vector<size_t> chosen = WithDispensers(principals, random);
  for (const size_t i : chosen) dispenser_weights[i] = weights[i];
  // One for each that has any, the rest by weight.
  const std::vector<int> dispensers =
      Apportion(kMunicipalDispensers - static_cast<int>(chosen.size()), dispenser_weights);
  const std::vector<int> measuring = Apportion(kMeasuringDevices, Weights(principals, random));
  std::vector<PrincipalCounts> counts(principals.size());
  for (size_t i = 0; i < principals.size(); ++i) {
    counts[i] = {.dispensers = dispensers[i], .measuring = measuring[i]};
    if (!IsMunicipality(principals[i])) counts[i].dispensers = kRegionalDispensers;
  }
  for (const size_t i : chosen) ++counts[i].dispensers;
  return counts;
}

bool AllBinsOccur(const std::vector<PrincipalCounts>& counts) {
  std::set<int> bins;
  for (const PrincipalCounts& count : counts) bins.insert(BinOf(count.dispensers));
  return bins.size() == kBins;
}

// The full county's counts in proportion, `devices` in all.
std::vector<PrincipalCounts> Scale(const std::vector<PrincipalCounts>& full, int devices) {
  std::vector<double> cells;
  for (const PrincipalCounts& count : full) {
    cells.push_back(count.dispensers);
    cells.push_back(count.measuring);
  }
  const std::vector<int> parts = Apportion(devices, cells);
  std::vector<PrincipalCounts> scaled(full.size());
  for (size_t i = 0; i < full.size(); ++i) {
    scaled[i] = {.dispensers = parts[2 * i], .measuring = parts[2 * i + 1]};
  }
  return scaled;
}

PlannedUnit MakeUnit(const CountyPrincipal& principal, int number) {
  const bool region = !IsMunicipality(principal);
  const std::string n = std::to_string(number);
  return {.id = "care-" + principal.id + "-" + n,
          .principal = principal.id,
          .provider = (region ? "primarvard-" : "hemsjukvard-") + principal.id,
          .name = region ? "Vårdcentral " + n : "Hemsjukvård " + principal.name + " " + n};
}

int UnitCount(const CountyPrincipal& principal) {
  const int64_t count = 1 + principal.population / kInhabitantsPerUnit;
  return static_cast<int>(std::min<int64_t>(count, kMostUnits));
}

std::string ThreeDigits(int number) {
  const std::string text = std::to_string(number);
  return std::string(text.size() < 3 ? 3 - text.size() : 0, '0') + text;
}

// Builds the devices principal by principal.
class Planner {
 public:
  explicit Planner(uint64_t seed) : seed_(seed) {}

  void AddSamples() {
    for (const ProductShare& product : kMeasuring) AddSamplesOf(product);
    for (const ProductShare& product : kDispensers) AddSamplesOf(product);
  }

  void Add(const CountyPrincipal& principal, PrincipalCounts counts) {
    if (principal.id == kSamplePrincipal) {
      counts.dispensers = std::max(0, counts.dispensers - dispenser_samples_);
      counts.measuring = std::max(0, counts.measuring - measuring_samples_);
    }
    AddGroup(principal, counts.dispensers, kDispensers);
    AddGroup(principal, counts.measuring, kMeasuring);
  }

  std::vector<PlannedDevice> Take() { return std::move(devices_); }

 private:
  void AddSamplesOf(const ProductShare& product) {
    const std::string name = product.product;
    if (name == "dosell-simple") return;  // never sends: nothing to try
    const bool dispenser = name == "dosell-service" || name == "evondos";
    (dispenser ? dispenser_samples_ : measuring_samples_) += kSamplesPerProduct;
    for (int i = 1; i <= kSamplesPerProduct; ++i) {
      const std::string id = "sample-" + name + "-" + std::to_string(i);
      Random random(seed_, id);
      devices_.push_back({.id = id,
                          .product = name,
                          .principal = kSamplePrincipal,
                          .unit = kSampleUnit,
                          .resident = NewResident(random),
                          .sample = true});
    }
  }

  // What a device is depends on its place in its group alone, so that a county of
  // fewer devices is a part of the one of more.
  template <size_t kSize>
  void AddGroup(const CountyPrincipal& principal, int count, const std::array<ProductShare, kSize>& products) {
    std::map<std::string, int> made;
    std::string resident;
    for (int i = 0; i < count; ++i) {
      Random random(seed_, principal.id + "/" + products.front().prefix + "/" + std::to_string(i));
      const ProductShare& product = Pick(products, random);
      const auto unit = 1 + random.Below(static_cast<uint64_t>(UnitCount(principal)));
      if (resident.empty() || !random.Chance(kSharedResident)) resident = NewResident(random);
      devices_.push_back(
          {.id = std::string(product.prefix) + "-" + principal.id + "-" + ThreeDigits(++made[product.prefix]),
           .product = product.product,
           .principal = principal.id,
           .unit = "care-" + principal.id + "-" + std::to_string(unit),
           .resident = resident,
           .sample = false});
    }
  }

  template <size_t kSize>
  static const ProductShare& Pick(const std::array<ProductShare, kSize>& products, Random& random) {
    double lot = random.Unit();
    for (const ProductShare& product : products) {
      if (lot < product.share) return product;
      lot -= product.share;
    }
    return products.front();
  }

  static std::string NewResident(Random& random) {
    constexpr char kHex[] = "0123456789abcdef";
    std::string id = "r-";
    for (int i = 0; i < 12; ++i) id += kHex[random.Below(16)];
    return id;
  }

  const uint64_t seed_;
  std::vector<PlannedDevice> devices_;
  int dispenser_samples_ = 0;
  int measuring_samples_ = 0;
};

}  // namespace

int BinOf(int count) {
  if (count <= 0) return 0;
  if (count <= 9) return 1;
  if (count <= 50) return 2;
  return count <= 100 ? 3 : 4;
}

std::vector<PrincipalCounts> CountCounty(const std::vector<CountyPrincipal>& principals, uint64_t seed) {
  constexpr int kMostDraws = 1000;
  Random random(seed, "county");
  std::vector<PrincipalCounts> counts = Draw(principals, random);
  for (int i = 0; i < kMostDraws && !AllBinsOccur(counts); ++i) counts = Draw(principals, random);
  return counts;
}

CountyPlan PlanCounty(const std::vector<CountyPrincipal>& principals, const CountyOptions& options) {
  CountyPlan plan;
  Planner planner(options.seed);
  planner.AddSamples();
  const std::vector<PrincipalCounts> counts = Scale(CountCounty(principals, options.seed), options.devices);
  for (size_t i = 0; i < principals.size(); ++i) {
    for (int n = 1; n <= UnitCount(principals[i]); ++n) {
      plan.units.push_back(MakeUnit(principals[i], n));
    }
    planner.Add(principals[i], counts[i]);
  }
  plan.devices = planner.Take();
  return plan;
}

}  // namespace nara::fleet
