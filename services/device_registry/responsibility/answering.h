// Who answers, and so who may do what with an assignment: asked by all rules of
// responsibility.
#pragma once

#include <string>
#include <vector>

#include "device_registry/responsibility/store.h"
#include "device_registry/rights.h"

namespace nara::registry {

// A region ("14") has the first digits of its municipalities' codes ("1480").
bool IsRegionOf(const std::string& region, const std::string& principal);

// Who answers at an instant, or at the start when that is later, for CARE and ALARM.
std::vector<Object> FacesAt(const v1::Assignment& assignment, const google::protobuf::Timestamp& at);

// Thread-safe.
class Answering {
 public:
  // Both must outlive it.
  Answering(Store& registry, const Rights& rights) : registry_(registry), rights_(rights) {}

  const Rights& rights() const { return rights_; }

  // NotFound (UNKNOWN_UNIT) when there is none.
  absl::StatusOr<v1::Unit> FindUnit(const std::string& id);
  // A unit to which the caller may give a responsibility. It stays with its principal,
  // so what is right now is right in the transaction too.
  absl::StatusOr<v1::Unit> UnitToAnswer(const Caller& caller, const std::string& id);
  absl::Status CheckResident(const Caller& caller, const std::string& id);

  // Does the caller's principal answer for the purpose at `from` and at every change
  // point until `until`? At the start, when that is later than `from`.
  absl::Status CheckAnswers(const Caller& caller, const v1::Assignment& assignment, v1::Purpose purpose,
                            const google::protobuf::Timestamp& from, const google::protobuf::Timestamp& until) const;
  // To end it, or to say what is true from `since` on, is for who answers for CARE now,
  // and has since then if that is earlier.
  absl::Status CheckSince(const Caller& caller, const v1::Assignment& assignment,
                          const google::protobuf::Timestamp& since, const google::protobuf::Timestamp& now) const;

 private:
  Store& registry_;
  const Rights& rights_;
};

}  // namespace nara::registry
