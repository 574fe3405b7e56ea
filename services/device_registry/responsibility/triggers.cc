// What happens in a resident's life, and which hand-over it asks for.
#include <utility>

#include "absl/time/civil_time.h"
#include "common/access/access_table.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/responsibility/birthday.h"
#include "device_registry/responsibility/hand_overs.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);
constexpr std::size_t kIdLength = 32;
constexpr int kAdult = 18;
constexpr std::size_t kRegionLength = 2;  // "14"; a municipality has four digits

absl::Status Nothing(const std::string& reason, const std::string& message, const std::string& resident) {
  return rpc::Error(absl::StatusCode::kFailedPrecondition, reason, message, {{"resident", resident}});
}

// One happening gives each assignment a hand-over whose id a retry finds again.
std::string IdOf(const v1::Move& move, const std::string& assignment) {
  return TokenHash(move.id() + "/" + assignment).substr(0, kIdLength);
}

}  // namespace

absl::StatusOr<std::vector<HandOvers::Plan>> HandOvers::PlansFor(const Caller& caller, const v1::Move& move,
                                                                 const Trigger& trigger) {
  const absl::StatusOr<v1::Unit> receiver = Receiver(move.care_unit());
  if (!receiver.ok()) return receiver.status();
  const auto running = deps_.assignments.RunningOf(move.resident());
  if (!running.ok()) return running.status();
  std::vector<Plan> plans;
  bool answers = false;
  for (const v1::Assignment& assignment : *running) {
    const absl::Status mine = answering_.CheckSince(caller, assignment, trigger.since, trigger.since);
    if (absl::IsNotFound(mine)) continue;
    if (!mine.ok()) return mine;
    answers = true;
    const std::string giver = FacesAt(assignment, trigger.since).front().principal;
    if (trigger.to_another_principal && giver == receiver->principal()) {
      return Invalid("care_unit", "is of another principal than the one that answers now");
    }
    if (trigger.from_region && giver.size() != kRegionLength) continue;
    Plan& plan = plans.emplace_back(Plan{{}, trigger.reason, trigger.answer_within});
    plan.request.set_hand_over(IdOf(move, assignment.id()));
    plan.request.set_assignment(assignment.id());
    plan.request.set_care_unit(move.care_unit());
    plan.request.set_alarm_unit(move.alarm_unit());
    if (move.alarm_unit().empty() && trigger.alarm_follows) plan.request.set_alarm_unit(move.care_unit());
    *plan.request.mutable_since() = trigger.since;
  }
  if (plans.empty()) return WhyNothing(caller, move.resident(), answers);
  return plans;
}

absl::Status HandOvers::WhyNothing(const Caller& caller, const std::string& resident, bool answers) {
  if (answers) {
    return Nothing("NO_REGION_ANSWERS", "no region answers for a device of the resident then: nobody is discharged",
                   resident);
  }
  if (absl::Status known = answering_.CheckResident(caller, resident); !known.ok()) return known;
  return Nothing(
      "NOTHING_TO_HAND_OVER",
      "you answer for no running device of the resident since then; name another time, or let whoever answers",
      resident);
}

template <typename Response>
absl::StatusOr<Response> HandOvers::Happened(const Caller& caller, const v1::Move& move, const Trigger& trigger) {
  absl::Status status = deps_.rights.Reach(caller, Action::kAssign).status();
  if (status.ok()) status = ValidateOpaqueId("id", move.id());
  if (status.ok()) status = ValidateOpaqueId("resident", move.resident());
  if (status.ok()) status = ValidateTime("since", trigger.since);
  if (!status.ok()) return status;
  const absl::StatusOr<std::vector<Plan>> plans = PlansFor(caller, move, trigger);
  if (!plans.ok()) return plans.status();
  absl::StatusOr<std::vector<v1::HandOver>> proposed = Propose(caller, *plans);
  if (!proposed.ok()) return proposed.status();
  Response response;
  for (v1::HandOver& hand_over : *proposed) *response.add_hand_overs() = std::move(hand_over);
  return response;
}

absl::StatusOr<v1::MoveHomeResponse> HandOvers::MoveHome(const Caller& caller, const v1::MoveHomeRequest& request) {
  return Happened<v1::MoveHomeResponse>(caller, request.move(),
                                        {.reason = v1::HAND_OVER_REASON_MOVE,
                                         .since = request.moves_at(),
                                         .answer_within = 7 * kDay,
                                         .alarm_follows = true,
                                         .to_another_principal = true});
}

absl::StatusOr<v1::DischargeResponse> HandOvers::Discharge(const Caller& caller, const v1::DischargeRequest& request) {
  return Happened<v1::DischargeResponse>(caller, request.move(),
                                         {.reason = v1::HAND_OVER_REASON_DISCHARGE,
                                          .since = request.discharged_at(),
                                          .answer_within = kDay,
                                          .alarm_follows = true,
                                          .from_region = true});
}

absl::StatusOr<v1::ChangeCareLevelResponse> HandOvers::ChangeCareLevel(const Caller& caller,
                                                                       const v1::ChangeCareLevelRequest& request) {
  return Happened<v1::ChangeCareLevelResponse>(
      caller, request.move(),
      {.reason = v1::HAND_OVER_REASON_CARE_LEVEL, .since = request.since(), .answer_within = 3 * kDay});
}

absl::StatusOr<v1::ReachAdulthoodResponse> HandOvers::ReachAdulthood(const Caller& caller,
                                                                     const v1::ReachAdulthoodRequest& request) {
  const absl::StatusOr<absl::CivilDay> born = ParseBirthDate(request.birth_date());
  if (!born.ok()) return born.status();
  return Happened<v1::ReachAdulthoodResponse>(caller, request.move(),
                                              {.reason = v1::HAND_OVER_REASON_ADULTHOOD,
                                               .since = ToProto(BirthdayInSweden(*born, kAdult)),
                                               .answer_within = 30 * kDay});
}

absl::StatusOr<v1::EnterSpecialHousingResponse> HandOvers::EnterSpecialHousing(
    const Caller& caller, const v1::EnterSpecialHousingRequest& request) {
  return Happened<v1::EnterSpecialHousingResponse>(caller, request.move(),
                                                   {.reason = v1::HAND_OVER_REASON_SPECIAL_HOUSING,
                                                    .since = request.moves_at(),
                                                    .answer_within = 3 * kDay,
                                                    .alarm_follows = true});
}

}  // namespace nara::registry
