// Who pays, by the rules of catalogue/cost_rules.yaml: a pure function of what is known.
// Immutable after Load and so safe from all threads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace nara::registry {

// What the rules look at. What is not known is empty, and no condition on it holds.
struct CostCase {
  std::string product;
  std::string group;
  std::string regime;         // "HSL", "SoL", "LSS"
  std::string answers;        // principal that answers for CARE
  std::string registered_at;  // municipality of the registered address
  std::string prescriber;     // principal of whoever prescribed or ordered
  std::optional<absl::CivilDay> born;
};

struct Payer {
  std::string principal;
  std::string rule;
  std::string reason;  // in Swedish
};

class CostRules {
 public:
  // INVALID_ARGUMENT lists every mistake, "file:line: what is wrong".
  static absl::StatusOr<CostRules> Load(const std::string& file);

  // By the first rule that holds. There always is one: the last has no condition and
  // names who answers for CARE.
  Payer PayerOf(const CostCase& facts, absl::Time at) const;

 private:
  friend class CostRulesReader;
  // Whom a rule lets pay: one whose principal is known when it holds.
  enum class Who { kAnswers, kRegisteredAt, kPrescriber, kRegion };
  struct Rule {
    std::string id;
    absl::CivilDay from = absl::CivilDay::min();
    absl::CivilDay until = absl::CivilDay::max();  // not any more on that day
    std::vector<std::string> products;             // any of these; none: all
    std::vector<std::string> groups;
    std::vector<std::string> regimes;
    std::string prescriber;  // "region", "municipality"; empty: any
    int age_from = 0;
    int age_below = 0;  // 0: any age
    Who who = Who::kAnswers;
    std::string reason;
  };

  static std::string PrincipalOf(Who who, const CostCase& facts);
  static bool Holds(const Rule& rule, const CostCase& facts, absl::Time at);

  std::vector<Rule> rules_;
};

}  // namespace nara::registry
