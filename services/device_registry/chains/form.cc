#include "device_registry/chains/form.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/chains/reach.h"
#include "common/routes/timeline.h"
#include "common/rpc/error.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

constexpr int kMaxSteps = 20;
constexpr int kMaxTargets = 20;
constexpr int kMaxCompetences = 100;
constexpr int kMaxAbsences = 100;
constexpr int kMaxHours = 100;
constexpr int kMaxHoursOfChain = 500;
constexpr int kMaxPlanned = 50;
constexpr std::uint32_t kDay = 24 * 60;

// Competences and checks: [a-z0-9_]{2,40}.
bool IsWord(std::string_view text) {
  return text.size() >= 2 && text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

absl::Status Word(const std::string& field, const std::string& text) {
  return IsWord(text) ? absl::OkStatus() : Invalid(field, "is 2 to 40 of a-z 0-9 _");
}

// The first of the items that is not OK.
template <typename Items, typename Check>
absl::Status Each(const Items& items, Check check) {
  for (const auto& item : items) {
    if (absl::Status status = check(item); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckHours(const v1::WeeklyHours& hours) {
  if (!v1::ScheduleDay_IsValid(hours.day()) || hours.day() == v1::SCHEDULE_DAY_UNSPECIFIED) {
    return Invalid("day", "is a day of the week, HOLIDAY or BEFORE_HOLIDAY");
  }
  if (hours.from_minute() >= kDay) return Invalid("from_minute", "is 0 to 1439");
  return hours.to_minute() <= kDay ? absl::OkStatus() : Invalid("to_minute", "is 0 to 1440");
}

absl::Status CheckSchedule(const std::string& field, const v1::Schedule& schedule) {
  if (schedule.hours().empty() || schedule.hours_size() > kMaxHours) return Invalid(field, "has 1 to 100 hours");
  return Each(schedule.hours(), CheckHours);
}

// A time that may have a start, an end, or both.
template <typename Dated>
absl::Status CheckPeriod(const Dated& dated) {
  absl::Status status;
  if (dated.has_from()) status = ValidateTime("from", dated.from());
  if (status.ok() && dated.has_until()) status = ValidateTime("until", dated.until());
  if (!status.ok() || !dated.has_from() || !dated.has_until()) return status;
  return Before(dated.from(), dated.until()) ? status : Invalid("until", "is after from");
}

absl::Status CheckTarget(const v1::Target& target) {
  if (!v1::TargetRole_IsValid(target.role())) return Invalid("role", "is ANSWER or VISIT");
  if (target.competences_size() > kMaxCompetences) return Invalid("competences", "are at most 100");
  absl::Status status = Slug("receiver", target.receiver());
  if (status.ok() && target.has_schedule()) status = CheckSchedule("schedule", target.schedule());
  if (!status.ok()) return status;
  return Each(target.competences(), [](const std::string& name) { return Word("competences", name); });
}

absl::Status FillTargets(v1::ChainStep& step) {
  const v1::Target* first = nullptr;
  for (v1::Target& target : *step.mutable_targets()) {
    if (target.role() == v1::TARGET_ROLE_UNSPECIFIED) target.set_role(v1::TARGET_ROLE_ANSWER);
    if (first == nullptr && Answers(target)) first = &target;
  }
  if (first == nullptr) return Invalid("targets", "name at least one that answers");
  if (!step.receiver().empty() && step.receiver() != first->receiver()) {
    return Invalid("receiver", "is the first of the targets that answers, or left out");
  }
  step.set_receiver(first->receiver());
  return absl::OkStatus();
}

absl::Status Fill(v1::ChainStep& step) {
  if (step.accept_seconds() < 1 || step.accept_seconds() > 3600) return Invalid("accept_seconds", "is 1 to 3600");
  if (step.repeats() > 10) return Invalid("repeats", "is 0 to 10");
  if (step.targets().empty()) return Slug("receiver", step.receiver());
  if (step.targets_size() > kMaxTargets) return Invalid("targets", "are at most 20");
  absl::Status status = Each(step.targets(), CheckTarget);
  return status.ok() ? FillTargets(step) : status;
}

bool IsAlwaysOpen(const v1::ChainStep& step) {
  return std::all_of(step.targets().begin(), step.targets().end(), [](const v1::Target& target) {
    return !Answers(target) || (!target.has_schedule() && target.competences().empty());
  });
}

// Every chain of a principal is checked hour by hour, by CheckChains.
absl::Status CheckHours(const v1::Chain& chain) {
  int hours = 0;
  for (const v1::ChainStep& step : chain.steps()) {
    for (const v1::Target& target : step.targets()) hours += target.schedule().hours_size();
  }
  return hours <= kMaxHoursOfChain ? absl::OkStatus() : Invalid("hours", "are at most 500 in a chain");
}

absl::Status FillFallback(v1::Chain& chain) {
  v1::ChainStep& last = *chain.mutable_steps(chain.steps_size() - 1);
  const auto marked = std::count_if(chain.steps().begin(), chain.steps().end(),
                                    [](const v1::ChainStep& step) { return step.fallback(); });
  if (marked > 1 || (marked == 1 && !last.fallback())) return Invalid("fallback", "is the last step alone");
  last.set_fallback(true);
  if (IsAlwaysOpen(last)) return absl::OkStatus();
  return rpc::Error(absl::StatusCode::kInvalidArgument, "NO_FALLBACK",
                    "a chain ends with a fallback that is open at all hours and whatever competence is there; add "
                    "such a step",
                    {{"unit", chain.unit()}});
}

absl::Status CheckMeasurement(const v1::PlannedMeasurement& planned, const Catalogue& catalogue) {
  const Kind* kind = catalogue.FindKind(planned.kind());
  if (kind == nullptr || kind->alarm_class) return Invalid("kind", "is a measurement of the catalogue");
  absl::Status status = CheckSchedule("hours", planned.hours());
  return status.ok() ? CheckPeriod(planned) : status;
}

absl::Status CheckPlanned(const v1::PlannedCheck& planned) {
  absl::Status status = Word("id", planned.id());
  if (status.ok()) status = CheckSchedule("hours", planned.hours());
  return status.ok() ? CheckPeriod(planned) : status;
}

// One end of a limit: absent, or plausible.
absl::StatusOr<std::optional<Decimal>> EndOf(const std::string& field, const std::string& text,
                                             const Component& component) {
  if (text.empty()) return std::nullopt;
  const absl::StatusOr<Decimal> value = Decimal::Parse(text);
  if (!value.ok()) return Invalid(field, "is a decimal as text, for example 7.20");
  if (*value < component.min || *value > component.max) return Invalid(field, "is within the component's range");
  return *value;
}

absl::Status CheckEnds(const v1::Limit& limit, const Component& component) {
  const auto low = EndOf("low", limit.low(), component);
  if (!low.ok()) return low.status();
  const auto high = EndOf("high", limit.high(), component);
  if (!high.ok()) return high.status();
  if (!low->has_value() && !high->has_value()) return Invalid("limits", "have low, high or both");
  if (low->has_value() && high->has_value() && **high < **low) return Invalid("high", "is not below low");
  return absl::OkStatus();
}

absl::Status CheckLimit(const v1::Limit& limit, const Catalogue& catalogue) {
  const Kind* kind = catalogue.FindKind(limit.kind());
  if (kind == nullptr) return Invalid("kind", "is one of the catalogue");
  const Component* component = kind->FindComponent(limit.component());
  if (component == nullptr || !component->codes.empty()) return Invalid("component", "is a number of the kind");
  if (limit.unit() != component->ucum) return Invalid("unit", "is the component's own in the catalogue");
  return CheckEnds(limit, *component);
}

absl::Status CheckDoubles(const v1::Plan& plan) {
  std::set<std::string> known;
  for (const v1::PlannedCheck& planned : plan.checks()) {
    if (!known.insert(planned.id()).second) return Invalid("checks", "have different ids");
  }
  for (const v1::Limit& limit : plan.limits()) {
    if (!known.insert(limit.kind() + "/" + limit.component()).second) {
      return Invalid("limits", "are one for each kind and component");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::Chain> Formed(const v1::Chain& chain) {
  if (chain.steps_size() < 1 || chain.steps_size() > kMaxSteps) return Invalid("steps", "are 1 to 20");
  if (chain.version() == 0) return Invalid("version", "starts from 1");
  if (!v1::HolidayRule_IsValid(chain.holidays())) return Invalid("holidays", "is OBSERVED or IGNORED");
  v1::Chain formed = chain;
  absl::Status status = Slug("unit", chain.unit());
  for (v1::ChainStep& step : *formed.mutable_steps()) {
    if (status.ok()) status = Fill(step);
  }
  if (status.ok()) status = CheckHours(formed);
  if (status.ok()) status = FillFallback(formed);
  if (!status.ok()) return status;
  formed.clear_revision();
  return formed;
}

absl::Status Validate(const v1::Receiver& receiver) {
  if (!v1::ReceiverKind_IsValid(receiver.kind()) || receiver.kind() == v1::RECEIVER_KIND_UNSPECIFIED) {
    return Invalid("kind", "is ALARM_CENTRE, STAFF_GROUP or RESPONDER");
  }
  if (receiver.competences_size() > kMaxCompetences) return Invalid("competences", "are at most 100");
  if (receiver.absences_size() > kMaxAbsences) return Invalid("absences", "are at most 100");
  if (receiver.reachable_size() > v1::Reachability_MAX) return Invalid("reachable", "names each way once");
  for (const int way : receiver.reachable()) {
    if (!v1::Reachability_IsValid(way) || way == 0)
      return Invalid("reachable", "is STREAM, PAGE, SCAIP, WEBHOOK or SMS");
  }
  absl::Status status = Each(receiver.competences(), [](const v1::Competence& competence) {
    absl::Status good = Word("competences", competence.name());
    return good.ok() ? CheckPeriod(competence) : good;
  });
  if (!status.ok()) return status;
  return Each(receiver.absences(), [](const v1::ReceiverAbsence& absence) {
    return absence.has_from() && absence.has_until() ? CheckPeriod(absence)
                                                     : Invalid("absences", "have from and until");
  });
}

absl::Status Validate(const v1::Plan& plan, const Catalogue& catalogue) {
  if (plan.version() == 0) return Invalid("version", "starts from 1");
  if (plan.measurements_size() > kMaxPlanned) return Invalid("measurements", "are at most 50");
  if (plan.checks_size() > kMaxPlanned) return Invalid("checks", "are at most 50");
  absl::Status status = ValidateOpaqueId("resident", plan.resident());
  if (status.ok()) status = Each(plan.measurements(), [&](const auto& p) { return CheckMeasurement(p, catalogue); });
  if (status.ok()) status = Each(plan.checks(), CheckPlanned);
  if (status.ok()) status = Each(plan.limits(), [&](const auto& limit) { return CheckLimit(limit, catalogue); });
  return status.ok() ? CheckDoubles(plan) : status;
}

}  // namespace nara::registry
