#include "device_registry/responsibility/cost_rules.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "common/catalogue/yaml_section.h"
#include "common/time/swedish_calendar.h"
#include "device_registry/responsibility/birthday.h"

namespace nara::registry {
namespace {

constexpr std::size_t kRegionLength = 2;  // "14"; a municipality has four digits

bool AnyOf(const std::vector<std::string>& wanted, const std::string& known) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), known) != wanted.end();
}

std::string KindOf(const std::string& principal) {
  if (principal.empty()) return "";
  return principal.size() == kRegionLength ? "region" : "municipality";
}

std::string RegionOf(const std::string& principal) {
  return principal.substr(0, kRegionLength);
}

}  // namespace

// The file read, rule by rule.
class CostRulesReader {
 public:
  absl::StatusOr<CostRules> Read(const std::string& file) {
    YAML::Node root;
    try {
      root = YAML::LoadFile(file);
    } catch (const YAML::Exception& error) {
      return absl::InvalidArgumentError(file + ": cannot be read as YAML: " + error.msg);
    }
    YamlSection all(mistakes_, file, root, "cost_rules");
    for (const std::string& id : all.Keys()) ReadRule(id, all.Section(id));
    CheckLast(all);
    if (!mistakes_.none()) return absl::InvalidArgumentError(mistakes_.ToString());
    return std::move(rules_);
  }

 private:
  using Rule = CostRules::Rule;
  using Who = CostRules::Who;

  void ReadRule(const std::string& id, YamlSection section) {
    Rule rule;
    rule.id = id;
    rule.from = Day(section, "from", rule.from);
    rule.until = Day(section, "until", rule.until);
    rule.products = section.StringsOrNone("products");
    rule.groups = section.StringsOrNone("groups");
    rule.regimes = section.StringsOrNone("regimes");
    rule.prescriber = section.StringOr("prescriber", "");
    rule.age_from = section.IntOr("age_from", 0);
    rule.age_below = section.IntOr("age_below", 0);
    rule.who = PayerIn(section);
    rule.reason = section.String("reason");
    if (!rule.prescriber.empty() && rule.prescriber != "region" && rule.prescriber != "municipality") {
      section.Mistake("prescriber is region or municipality");
    }
    if (rule.from >= rule.until) section.Mistake("until is later than from");
    section.Finish();
    rules_.rules_.push_back(std::move(rule));
  }

  static absl::CivilDay Day(YamlSection& section, const std::string& key, absl::CivilDay otherwise) {
    const std::string text = section.StringOr(key, "");
    absl::CivilDay day = otherwise;
    if (!text.empty() && !absl::ParseCivilTime(text, &day)) section.Mistake(key + " is a date such as 2026-01-01");
    return day;
  }

  static Who PayerIn(YamlSection& section) {
    static const std::map<std::string, Who> kNames = {{"answers", Who::kAnswers},
                                                      {"registered_at", Who::kRegisteredAt},
                                                      {"prescriber", Who::kPrescriber},
                                                      {"region", Who::kRegion}};
    const auto found = kNames.find(section.String("pays"));
    if (found != kNames.end()) return found->second;
    section.Mistake("pays is answers, registered_at, prescriber or region");
    return Who::kAnswers;
  }

  // Somebody always pays.
  void CheckLast(YamlSection& all) {
    const bool whoever = !rules_.rules_.empty() && [&] {
      const Rule& last = rules_.rules_.back();
      return last.products.empty() && last.groups.empty() && last.regimes.empty() && last.prescriber.empty() &&
             last.age_from == 0 && last.age_below == 0 && last.who == Who::kAnswers &&
             last.from == absl::CivilDay::min() && last.until == absl::CivilDay::max();
    }();
    if (!whoever) all.Mistake("the last rule has no condition and lets \"answers\" pay, so that somebody always does");
  }

  Mistakes mistakes_;
  CostRules rules_;
};

absl::StatusOr<CostRules> CostRules::Load(const std::string& file) {
  return CostRulesReader().Read(file);
}

std::string CostRules::PrincipalOf(Who who, const CostCase& facts) {
  switch (who) {
    case Who::kAnswers:
      return facts.answers;
    case Who::kRegisteredAt:
      return facts.registered_at;
    case Who::kPrescriber:
      return facts.prescriber;
    case Who::kRegion:
      return RegionOf(facts.registered_at.empty() ? facts.answers : facts.registered_at);
  }
  return "";
}

bool CostRules::Holds(const Rule& rule, const CostCase& facts, absl::Time at) {
  const absl::CivilDay today = SwedishCalendar::DayAt(at);
  if (today < rule.from || today >= rule.until) return false;
  if (!AnyOf(rule.products, facts.product) || !AnyOf(rule.groups, facts.group)) return false;
  if (!AnyOf(rule.regimes, facts.regime)) return false;
  if (!rule.prescriber.empty() && rule.prescriber != KindOf(facts.prescriber)) return false;
  if (rule.age_from > 0 || rule.age_below > 0) {
    if (!facts.born) return false;
    const int age = AgeAt(*facts.born, at);
    if (age < rule.age_from || (rule.age_below > 0 && age >= rule.age_below)) return false;
  }
  return !PrincipalOf(rule.who, facts).empty();
}

Payer CostRules::PayerOf(const CostCase& facts, absl::Time at) const {
  for (const Rule& rule : rules_) {
    if (Holds(rule, facts, at)) return {PrincipalOf(rule.who, facts), rule.id, rule.reason};
  }
  return {};
}

}  // namespace nara::registry
