#include "device_registry/responsibility/hand_overs.h"

#include <algorithm>
#include <utility>

#include "common/routes/timeline.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/page.h"
#include "device_registry/responsibility/forms.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

using google::protobuf::Timestamp;

constexpr absl::Duration kAnswerWithin = absl::Hours(24 * 7);
constexpr int kMaxAlerts = 200;
constexpr std::size_t kMaxObjection = 500;

absl::Status Failed(const std::string& reason, const std::string& message, const std::string& hand_over) {
  return rpc::Error(absl::StatusCode::kFailedPrecondition, reason, message, {{"hand_over", hand_over}});
}

bool IsOpen(const v1::HandOver& hand_over) {
  return hand_over.state() == v1::HAND_OVER_STATE_PROPOSED || hand_over.state() == v1::HAND_OVER_STATE_EXPIRED ||
         hand_over.state() == v1::HAND_OVER_STATE_DISPUTED;
}

absl::Status CheckRevision(const v1::HandOver& hand_over, std::uint64_t seen) {
  if (!IsOpen(hand_over)) {
    return Failed(
        "HAND_OVER_CLOSED",
        "the hand-over is " + HandOverState_Name(hand_over.state()).substr(16) + " already; propose another one",
        hand_over.id());
  }
  if (hand_over.revision() == seen) return absl::OkStatus();
  return rpc::Error(absl::StatusCode::kAborted, "STALE_VERSION", "the hand-over has changed since; read it again",
                    {{"hand_over", hand_over.id()}});
}

// Who answers from the legal time on is the giver still.
bool StillGives(const v1::HandOver& hand_over, const v1::Assignment& assignment, v1::Purpose purpose,
                const Timestamp& since) {
  const v1::Responsibility* point = ResponsibleAt(assignment, purpose, since);
  bool gives = point != nullptr && point->principal() == hand_over.from_principal();
  for (const v1::Responsibility& later : assignment.responsibilities()) {
    if (later.purpose() != purpose || !Before(since, later.since())) continue;
    gives = gives && later.principal() == hand_over.from_principal();
  }
  return gives;
}

bool Inside(const v1::Assignment& assignment, const Timestamp& at) {
  return !Before(at, assignment.start_at()) && (!assignment.has_end_at() || Before(at, assignment.end_at()));
}

absl::Status TakeOver(const v1::HandOver& hand_over, v1::Purpose purpose, const v1::Unit& unit, const Timestamp& since,
                      v1::Assignment& assignment) {
  if (!Inside(assignment, since)) {
    return Failed("ASSIGNMENT_ENDED", "the assignment does not run then", hand_over.id());
  }
  if (!StillGives(hand_over, assignment, purpose, since)) {
    return Failed("GIVER_CHANGED", "somebody else answers in that time by now; propose another one", hand_over.id());
  }
  AnswerFrom(assignment, PointOf(purpose, unit, since));
  return absl::OkStatus();
}

v1::HandOver Answered(const v1::HandOver& before, v1::HandOverState state, const Timestamp& now) {
  v1::HandOver after = before;
  after.set_state(state);
  *after.mutable_answered_at() = now;
  return after;
}

absl::Status ValidateAlerts(const v1::AcceptHandOverRequest& request) {
  if (request.alerts_size() > kMaxAlerts) return Invalid("alerts", "are at most 200");
  for (const std::string& alert : request.alerts()) {
    if (absl::Status status = ValidateOpaqueId("alerts", alert); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ValidateObjection(const std::string& text) {
  const bool plain = !text.empty() && text.size() <= kMaxObjection &&
                     std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  return plain ? absl::OkStatus() : Invalid("objection", "is 1 to 500 characters without control characters");
}

absl::Status ValidateProposal(const v1::ProposeHandOverRequest& request) {
  absl::Status status = ValidateOpaqueId("hand_over", request.hand_over());
  if (status.ok()) status = ValidateOpaqueId("assignment", request.assignment());
  if (status.ok() && request.has_since()) status = ValidateTime("since", request.since());
  if (status.ok() && request.has_deadline()) status = ValidateTime("deadline", request.deadline());
  if (status.ok() && request.care_unit().empty() && request.alarm_unit().empty()) {
    status = Invalid("care_unit", "is set, or alarm_unit, or both");
  }
  return status;
}

v1::HandOver FormOf(const v1::ProposeHandOverRequest& request, v1::HandOverReason reason, const std::string& receiver) {
  v1::HandOver form;
  form.set_id(request.hand_over());
  form.set_assignment(request.assignment());
  form.set_reason(reason);
  form.set_state(v1::HAND_OVER_STATE_PROPOSED);
  form.set_to_principal(receiver);
  form.set_care_unit(request.care_unit());
  form.set_alarm_unit(request.alarm_unit());
  if (request.has_since()) *form.mutable_since() = Stored(request.since());
  if (request.has_deadline()) *form.mutable_deadline() = Stored(request.deadline());
  return form;
}

}  // namespace

absl::StatusOr<v1::Unit> HandOvers::Receiver(const std::string& id) {
  if (absl::Status status = ValidateOpaqueId("unit", id); !status.ok()) return status;
  return answering_.FindUnit(id);
}

absl::Status HandOvers::CheckSide(const Caller& caller, const v1::HandOver& hand_over,
                                  const std::string& principal) const {
  return deps_.rights.Check(caller, Action::kAssign, OfPrincipal(principal), "hand_over", hand_over.id());
}

absl::StatusOr<v1::HandOver> HandOvers::Fill(const Caller& caller, const Plan& plan, const std::string& receiver,
                                             const Standing& standing) const {
  const v1::Assignment& assignment = standing.assignment;
  v1::HandOver form = FormOf(plan.request, plan.reason, receiver);
  if (!form.has_since()) *form.mutable_since() = standing.now;
  absl::Status status = answering_.CheckSince(caller, assignment, form.since(), standing.now);
  if (!status.ok()) return status;
  if (!form.has_deadline()) *form.mutable_deadline() = ToProto(FromProto(standing.now) + plan.answer_within);
  if (!Before(standing.now, form.deadline())) return Invalid("deadline", "is still to come");
  if (!Inside(assignment, form.since())) return Invalid("since", "lies inside the assignment");
  const v1::Responsibility* giver = ResponsibleAt(assignment, v1::PURPOSE_CARE, form.since());
  form.set_device(assignment.device());
  form.set_from_principal(giver->principal());
  form.set_from_unit(giver->unit());
  *form.mutable_proposed_at() = standing.now;
  return form;
}

absl::StatusOr<std::string> HandOvers::ReceiverOf(const v1::ProposeHandOverRequest& request) {
  std::string receiver;
  for (const std::string& id : {request.care_unit(), request.alarm_unit()}) {
    if (id.empty()) continue;
    const absl::StatusOr<v1::Unit> unit = Receiver(id);
    if (!unit.ok()) return unit.status();
    if (!receiver.empty() && receiver != unit->principal()) return Invalid("alarm_unit", "is of care_unit's principal");
    receiver = unit->principal();
  }
  return receiver;
}

absl::StatusOr<std::vector<v1::HandOver>> HandOvers::Propose(const Caller& caller, const std::vector<Plan>& plans) {
  if (absl::Status may = deps_.rights.Reach(caller, Action::kAssign).status(); !may.ok()) return may;
  std::vector<Proposal> proposals;
  for (const Plan& plan : plans) {
    if (absl::Status status = ValidateProposal(plan.request); !status.ok()) return status;
    const absl::StatusOr<std::string> receiver = ReceiverOf(plan.request);
    if (!receiver.ok()) return receiver.status();
    proposals.push_back({.id = plan.request.hand_over(),
                         .assignment = plan.request.assignment(),
                         .fill = [this, &caller, &plan, receiver = *receiver](const Standing& standing) {
                           return Fill(caller, plan, receiver, standing);
                         }});
  }
  return deps_.store.Propose(ActorOf(caller), proposals);
}

absl::StatusOr<v1::ProposeHandOverResponse> HandOvers::ProposeHandOver(const Caller& caller,
                                                                       const v1::ProposeHandOverRequest& request) {
  Plan plan{.request = request, .reason = v1::HAND_OVER_REASON_AGREED, .answer_within = kAnswerWithin};
  if (request.hand_over().empty()) plan.request.set_hand_over(deps_.new_id());
  absl::StatusOr<std::vector<v1::HandOver>> proposed = Propose(caller, {plan});
  if (!proposed.ok()) return proposed.status();
  v1::ProposeHandOverResponse response;
  *response.mutable_hand_over() = std::move(proposed->front());
  return response;
}

// They stay what they are while a hand-over is under way, so they are looked up before
// the transaction: a write holds one connection, never two.
absl::StatusOr<std::map<v1::Purpose, v1::Unit>> HandOvers::UnitsOf(const std::string& id) {
  const absl::StatusOr<std::optional<v1::HandOver>> known = deps_.store.FindHandOver(id);
  if (!known.ok()) return known.status();
  if (!known->has_value()) return NotThere("hand_over", id);
  std::map<v1::Purpose, v1::Unit> units;
  const std::map<v1::Purpose, std::string> named = {{v1::PURPOSE_CARE, (*known)->care_unit()},
                                                    {v1::PURPOSE_ALARM, (*known)->alarm_unit()}};
  for (const auto& [purpose, name] : named) {
    if (name.empty()) continue;
    absl::StatusOr<v1::Unit> unit = answering_.FindUnit(name);
    if (!unit.ok()) return unit.status();
    units.emplace(purpose, *std::move(unit));
  }
  return units;
}

absl::StatusOr<Handing> HandOvers::Accepted(const v1::HandOver& before, const Standing& standing,
                                            const std::map<v1::Purpose, v1::Unit>& units) {
  Handing after{Answered(before, v1::HAND_OVER_STATE_ACCEPTED, standing.now), standing.assignment};
  for (const auto& [purpose, unit] : units) {
    // Until now the alarms were the giver's, whatever the legal time.
    const bool legal = purpose == v1::PURPOSE_CARE || Before(standing.now, before.since());
    const Timestamp& since = legal ? before.since() : standing.now;
    const absl::Status taken = TakeOver(before, purpose, unit, since, after.assignment);
    if (!taken.ok()) return taken;
  }
  return after;
}

absl::StatusOr<v1::AcceptHandOverResponse> HandOvers::AcceptHandOver(const Caller& caller,
                                                                     const v1::AcceptHandOverRequest& request) {
  absl::Status status = deps_.rights.Reach(caller, Action::kAssign).status();
  if (status.ok()) status = ValidateOpaqueId("hand_over", request.hand_over());
  if (status.ok()) status = ValidateAlerts(request);
  if (!status.ok()) return status;
  const auto units = UnitsOf(request.hand_over());
  if (!units.ok()) return units.status();
  const auto accept = [&](const v1::HandOver& before, const Standing& standing) -> absl::StatusOr<Handing> {
    if (absl::Status side = CheckSide(caller, before, before.to_principal()); !side.ok()) return side;
    const bool again =
        before.state() == v1::HAND_OVER_STATE_ACCEPTED &&
        std::equal(before.alerts().begin(), before.alerts().end(), request.alerts().begin(), request.alerts().end());
    if (again) return Handing{before, standing.assignment};
    if (absl::Status open = CheckRevision(before, request.revision()); !open.ok()) return open;
    absl::StatusOr<Handing> after = Accepted(before, standing, *units);
    if (after.ok()) *after->hand_over.mutable_alerts() = request.alerts();
    return after;
  };
  absl::StatusOr<Handing> done = deps_.store.Step(ActorOf(caller), "accept", request.hand_over(), accept);
  if (!done.ok()) return done.status();
  v1::AcceptHandOverResponse response;
  *response.mutable_hand_over() = std::move(done->hand_over);
  *response.mutable_assignment() = std::move(done->assignment);
  return response;
}

absl::StatusOr<v1::DeclineHandOverResponse> HandOvers::DeclineHandOver(const Caller& caller,
                                                                       const v1::DeclineHandOverRequest& request) {
  absl::Status status = deps_.rights.Reach(caller, Action::kAssign).status();
  if (status.ok()) status = ValidateOpaqueId("hand_over", request.hand_over());
  if (status.ok()) status = ValidateObjection(request.objection());
  if (!status.ok()) return status;
  const auto decline = [&](const v1::HandOver& before, const Standing& standing) -> absl::StatusOr<Handing> {
    if (absl::Status side = CheckSide(caller, before, before.to_principal()); !side.ok()) return side;
    const bool again = before.state() == v1::HAND_OVER_STATE_DISPUTED && before.objection() == request.objection();
    if (again) return Handing{before, standing.assignment};
    if (absl::Status open = CheckRevision(before, request.revision()); !open.ok()) return open;
    Handing after{Answered(before, v1::HAND_OVER_STATE_DISPUTED, standing.now), standing.assignment};
    after.hand_over.set_objection(request.objection());
    return after;
  };
  absl::StatusOr<Handing> done = deps_.store.Step(ActorOf(caller), "decline", request.hand_over(), decline);
  if (!done.ok()) return done.status();
  v1::DeclineHandOverResponse response;
  *response.mutable_hand_over() = std::move(done->hand_over);
  return response;
}

absl::StatusOr<v1::WithdrawHandOverResponse> HandOvers::WithdrawHandOver(const Caller& caller,
                                                                         const v1::WithdrawHandOverRequest& request) {
  absl::Status status = deps_.rights.Reach(caller, Action::kAssign).status();
  if (status.ok()) status = ValidateOpaqueId("hand_over", request.hand_over());
  if (!status.ok()) return status;
  const auto withdraw = [&](const v1::HandOver& before, const Standing& standing) -> absl::StatusOr<Handing> {
    if (absl::Status side = CheckSide(caller, before, before.from_principal()); !side.ok()) return side;
    if (before.state() == v1::HAND_OVER_STATE_WITHDRAWN) return Handing{before, standing.assignment};
    if (absl::Status open = CheckRevision(before, request.revision()); !open.ok()) return open;
    return Handing{Answered(before, v1::HAND_OVER_STATE_WITHDRAWN, standing.now), standing.assignment};
  };
  absl::StatusOr<Handing> done = deps_.store.Step(ActorOf(caller), "withdraw", request.hand_over(), withdraw);
  if (!done.ok()) return done.status();
  v1::WithdrawHandOverResponse response;
  *response.mutable_hand_over() = std::move(done->hand_over);
  return response;
}

absl::StatusOr<v1::GetHandOverResponse> HandOvers::GetHandOver(const Caller& caller,
                                                               const v1::GetHandOverRequest& request) {
  const std::string& id = request.hand_over();
  if (absl::Status status = ValidateOpaqueId("hand_over", id); !status.ok()) return status;
  absl::StatusOr<std::optional<v1::HandOver>> found = deps_.store.FindHandOver(id);
  if (!found.ok()) return found.status();
  std::vector<Object> faces{{}};
  if (found->has_value()) {
    const v1::HandOver& known = **found;
    faces = {{.principal = known.from_principal(), .unit = known.from_unit(), .owner = {}, .receivers = {}},
             {.principal = known.to_principal(), .unit = known.care_unit(), .owner = {}, .receivers = {}},
             {.principal = known.to_principal(), .unit = known.alarm_unit(), .owner = {}, .receivers = {}}};
  }
  const absl::Status status = deps_.rights.CheckAny(caller, Action::kReadDevice, faces, "hand_over", id);
  if (!status.ok()) return status;
  if (!found->has_value()) return NotThere("hand_over", id);
  v1::GetHandOverResponse response;
  *response.mutable_hand_over() = **std::move(found);
  return response;
}

absl::StatusOr<v1::ListHandOversResponse> HandOvers::ListHandOvers(const Caller& caller,
                                                                   const v1::ListHandOversRequest& request) {
  const absl::StatusOr<Visible> visible = deps_.rights.Reach(caller, Action::kReadDevice);
  if (!visible.ok()) return visible.status();
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  auto found = deps_.store.ListHandOvers({.visible = *visible,
                                          .principal = request.principal(),
                                          .states = {request.states().begin(), request.states().end()},
                                          .after = page->after,
                                          .limit = page->limit()});
  if (!found.ok()) return found.status();
  v1::ListHandOversResponse response;
  response.set_next_page_token(CutPage(*found, *page));
  for (v1::HandOver& hand_over : *found) *response.add_hand_overs() = std::move(hand_over);
  return response;
}

}  // namespace nara::registry
