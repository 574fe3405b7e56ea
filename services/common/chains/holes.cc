#include "common/chains/holes.h"

#include <set>

#include "common/time/proto_time.h"

namespace nara {
namespace {

using registry::v1::Chain;
using registry::v1::Hole;
using registry::v1::HoleKind;
using registry::v1::ReachedStep;
using registry::v1::ReachedTarget;
using registry::v1::Receiver;

// Instants inside a period.
class Instants {
 public:
  explicit Instants(const Period& period) : period_(period), times_{period.from} {}

  void Add(absl::Time time) {
    if (period_.from < time && time < period_.until) times_.insert(time);
  }
  template <typename Dated>
  void AddEnds(const Dated& dated) {
    if (dated.has_from()) Add(FromProto(dated.from()));
    if (dated.has_until()) Add(FromProto(dated.until()));
  }
  const std::set<absl::Time>& times() const { return times_; }

 private:
  const Period period_;
  std::set<absl::Time> times_;
};

void AddReceiver(const Receiver& receiver, Instants& instants) {
  for (const auto& competence : receiver.competences()) instants.AddEnds(competence);
  for (const auto& absence : receiver.absences()) instants.AddEnds(absence);
}

Instants ChangesIn(const Chain& chain, const KnownReceivers& receivers, absl::TimeZone zone, const Period& period) {
  Instants instants(period);
  const Calendar calendar{.zone = zone, .holidays = chain.holidays()};
  for (const auto& step : chain.steps()) {
    for (const registry::v1::Target& target : TargetsOf(step)) {
      for (const Period& open : OpenIn(target.schedule(), calendar, period)) {
        instants.Add(open.from);
        instants.Add(open.until);
      }
      const auto receiver = receivers.find(target.receiver());
      if (receiver != receivers.end()) AddReceiver(receiver->second, instants);
    }
  }
  return instants;
}

// Who the steps name for a role, and whether any of them can act.
struct Tally {
  bool named = false;
  bool able = false;
  bool incompetent = false;

  void Add(const ReachedTarget& target) {
    named = true;
    able = able || target.skipped() == registry::v1::SKIP_REASON_UNSPECIFIED;
    incompetent = incompetent || target.skipped() == registry::v1::SKIP_REASON_NOT_COMPETENT;
  }
};

}  // namespace

std::optional<HoleKind> HoleIn(const std::vector<ReachedStep>& steps) {
  Tally answering, visiting, last;
  for (const ReachedStep& step : steps) {
    Tally& of_step = step.fallback() ? last : answering;
    for (const ReachedTarget& target : step.targets()) (Answers(target) ? of_step : visiting).Add(target);
  }
  if (!answering.able && !last.able) return registry::v1::HOLE_KIND_NOBODY;
  if (!answering.able && answering.incompetent) return registry::v1::HOLE_KIND_NOBODY_COMPETENT;
  if (!answering.able) return registry::v1::HOLE_KIND_ONLY_FALLBACK;
  if (visiting.named && !visiting.able) return registry::v1::HOLE_KIND_NOBODY_VISITS;
  return std::nullopt;
}

std::vector<Hole> HolesIn(const Chain& chain, const KnownReceivers& receivers, absl::TimeZone zone,
                          const Period& period) {
  std::vector<Hole> holes;
  std::optional<HoleKind> before;
  const Instants changes = ChangesIn(chain, receivers, zone, period);
  for (const absl::Time at : changes.times()) {
    const std::optional<HoleKind> kind = HoleIn(ReachAt(chain, receivers, zone, at));
    if (kind == before) continue;
    if (before.has_value()) *holes.back().mutable_until() = ToProto(at);
    before = kind;
    if (!kind.has_value()) continue;
    Hole& hole = holes.emplace_back();
    hole.set_unit(chain.unit());
    hole.set_version(chain.version());
    hole.set_kind(*kind);
    *hole.mutable_from() = ToProto(at);
    *hole.mutable_until() = ToProto(period.until);
  }
  return holes;
}

}  // namespace nara
