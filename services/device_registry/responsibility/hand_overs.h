// A responsibility on its way from a giver to a receiver: proposed, accepted, declined,
// withdrawn. The giver answers until the receiver has accepted.
//
// Thread-safe when its ports are. To propose and withdraw is for who answers for CARE,
// to accept and decline for the receiver; both see it, and so does the operator.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "device_registry/responsibility/answering.h"
#include "device_registry/responsibility/store.h"

namespace nara::registry {

class HandOvers {
 public:
  struct Deps {
    HandOverStore& store;
    AssignmentStore& assignments;
    Store& registry;  // units and residents
    const Rights& rights;
    // A fresh random id.
    std::function<std::string()> new_id;
  };

  explicit HandOvers(Deps deps) : deps_(std::move(deps)), answering_(deps_.registry, deps_.rights) {}

  absl::StatusOr<v1::ProposeHandOverResponse> ProposeHandOver(const Caller& caller,
                                                              const v1::ProposeHandOverRequest& request);
  absl::StatusOr<v1::AcceptHandOverResponse> AcceptHandOver(const Caller& caller,
                                                            const v1::AcceptHandOverRequest& request);
  absl::StatusOr<v1::DeclineHandOverResponse> DeclineHandOver(const Caller& caller,
                                                              const v1::DeclineHandOverRequest& request);
  absl::StatusOr<v1::WithdrawHandOverResponse> WithdrawHandOver(const Caller& caller,
                                                                const v1::WithdrawHandOverRequest& request);
  absl::StatusOr<v1::GetHandOverResponse> GetHandOver(const Caller& caller, const v1::GetHandOverRequest& request);
  absl::StatusOr<v1::ListHandOversResponse> ListHandOvers(const Caller& caller,
                                                          const v1::ListHandOversRequest& request);

  // What happens in a resident's life, as one call each: a hand-over for each running
  // device (triggers.cc).
  absl::StatusOr<v1::MoveHomeResponse> MoveHome(const Caller& caller, const v1::MoveHomeRequest& request);
  absl::StatusOr<v1::DischargeResponse> Discharge(const Caller& caller, const v1::DischargeRequest& request);
  absl::StatusOr<v1::ChangeCareLevelResponse> ChangeCareLevel(const Caller& caller,
                                                              const v1::ChangeCareLevelRequest& request);
  absl::StatusOr<v1::ReachAdulthoodResponse> ReachAdulthood(const Caller& caller,
                                                            const v1::ReachAdulthoodRequest& request);
  absl::StatusOr<v1::EnterSpecialHousingResponse> EnterSpecialHousing(const Caller& caller,
                                                                      const v1::EnterSpecialHousingRequest& request);

 private:
  struct Plan {
    v1::ProposeHandOverRequest request;
    v1::HandOverReason reason = v1::HAND_OVER_REASON_AGREED;
    absl::Duration answer_within;  // without a deadline in the request
  };
  struct Trigger {
    v1::HandOverReason reason;
    google::protobuf::Timestamp since;
    absl::Duration answer_within;
    bool alarm_follows = false;         // without a unit of its own ALARM goes with CARE
    bool to_another_principal = false;  // else it is no such happening
    bool from_region = false;           // likewise
  };

  // All or none.
  absl::StatusOr<std::vector<v1::HandOver>> Propose(const Caller& caller, const std::vector<Plan>& plans);
  absl::StatusOr<v1::HandOver> Fill(const Caller& caller, const Plan& plan, const std::string& receiver,
                                    const Standing& standing) const;
  // The principal of the units that are named.
  absl::StatusOr<std::string> ReceiverOf(const v1::ProposeHandOverRequest& request);
  // A unit that may receive without the caller's having a right there.
  absl::StatusOr<v1::Unit> Receiver(const std::string& id);
  absl::StatusOr<std::map<v1::Purpose, v1::Unit>> UnitsOf(const std::string& id);
  static absl::StatusOr<Handing> Accepted(const v1::HandOver& before, const Standing& standing,
                                          const std::map<v1::Purpose, v1::Unit>& units);
  // One of the sides: else the hand-over is not there.
  absl::Status CheckSide(const Caller& caller, const v1::HandOver& hand_over, const std::string& principal) const;
  // At least one.
  absl::StatusOr<std::vector<Plan>> PlansFor(const Caller& caller, const v1::Move& move, const Trigger& trigger);
  // UNKNOWN_RESIDENT for whom the resident is none of its own. `answers`: for devices of
  // the resident, but not as the happening wants it.
  absl::Status WhyNothing(const Caller& caller, const std::string& resident, bool answers);
  template <typename Response>
  absl::StatusOr<Response> Happened(const Caller& caller, const v1::Move& move, const Trigger& trigger);

  const Deps deps_;
  Answering answering_;
};

}  // namespace nara::registry
