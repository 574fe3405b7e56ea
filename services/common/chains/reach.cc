#include "common/chains/reach.h"

#include <algorithm>

#include "common/chains/schedule.h"
#include "common/time/proto_time.h"

namespace nara {
namespace {

using registry::v1::Chain;
using registry::v1::ChainStep;
using registry::v1::Competence;
using registry::v1::ReachedStep;
using registry::v1::ReachedTarget;
using registry::v1::Receiver;
using registry::v1::Target;

bool Holds(const Competence& competence, const std::string& name, absl::Time at) {
  return competence.name() == name && (!competence.has_from() || FromProto(competence.from()) <= at) &&
         (!competence.has_until() || at < FromProto(competence.until()));
}

bool IsAbsent(const Receiver& receiver, absl::Time at) {
  return std::any_of(receiver.absences().begin(), receiver.absences().end(), [at](const auto& absence) {
    return FromProto(absence.from()) <= at && at < FromProto(absence.until());
  });
}

void AddMissing(const Target& target, const Receiver& receiver, absl::Time at, ReachedTarget& reached) {
  for (const std::string& name : target.competences()) {
    const bool held = std::any_of(receiver.competences().begin(), receiver.competences().end(),
                                  [&](const Competence& competence) { return Holds(competence, name, at); });
    if (!held) reached.add_missing(name);
  }
}

registry::v1::SkipReason SkipOf(const Target& target, const Receiver& receiver, const Calendar& calendar, absl::Time at,
                                const ReachedTarget& reached) {
  if (target.has_schedule() && !IsOpen(target.schedule(), calendar, at)) return registry::v1::SKIP_REASON_CLOSED;
  if (IsAbsent(receiver, at)) return registry::v1::SKIP_REASON_ABSENT;
  return reached.missing().empty() ? registry::v1::SKIP_REASON_UNSPECIFIED : registry::v1::SKIP_REASON_NOT_COMPETENT;
}

ReachedTarget ReachOf(const Target& target, const KnownReceivers& receivers, const Calendar& calendar, absl::Time at) {
  ReachedTarget reached;
  reached.set_receiver(target.receiver());
  reached.set_role(Answers(target) ? registry::v1::TARGET_ROLE_ANSWER : registry::v1::TARGET_ROLE_VISIT);
  const auto receiver = receivers.find(target.receiver());
  if (receiver == receivers.end()) {
    reached.set_skipped(registry::v1::SKIP_REASON_REVOKED);
    return reached;
  }
  AddMissing(target, receiver->second, at, reached);
  reached.set_skipped(SkipOf(target, receiver->second, calendar, at, reached));
  return reached;
}

bool CanAnswer(const ReachedTarget& target) {
  return Answers(target) && target.skipped() == registry::v1::SKIP_REASON_UNSPECIFIED;
}

}  // namespace

std::vector<Target> TargetsOf(const ChainStep& step) {
  if (!step.targets().empty()) return {step.targets().begin(), step.targets().end()};
  Target receiver;
  receiver.set_receiver(step.receiver());
  receiver.set_role(registry::v1::TARGET_ROLE_ANSWER);
  return {receiver};
}

bool Answers(const Target& target) {
  return target.role() != registry::v1::TARGET_ROLE_VISIT;
}
bool Answers(const ReachedTarget& target) {
  return target.role() != registry::v1::TARGET_ROLE_VISIT;
}

std::vector<ReachedStep> ReachAt(const Chain& chain, const KnownReceivers& receivers, absl::TimeZone zone,
                                 absl::Time at) {
  const Calendar calendar{.zone = zone, .holidays = chain.holidays()};
  std::vector<ReachedStep> steps;
  for (const ChainStep& step : chain.steps()) {
    ReachedStep& reached = steps.emplace_back();
    reached.set_step(static_cast<std::uint32_t>(steps.size()));
    reached.set_accept_seconds(step.accept_seconds());
    reached.set_repeats(step.repeats());
    reached.set_fallback(step.fallback());
    for (const Target& target : TargetsOf(step)) *reached.add_targets() = ReachOf(target, receivers, calendar, at);
    reached.set_skipped(std::none_of(reached.targets().begin(), reached.targets().end(), CanAnswer));
  }
  return steps;
}

}  // namespace nara
