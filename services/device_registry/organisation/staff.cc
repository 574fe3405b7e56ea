// Staff and their assignments.
#include <algorithm>
#include <utility>

#include "common/rpc/error.h"
#include "device_registry/organisation/forms.h"
#include "device_registry/organisation/organisation.h"
#include "device_registry/page.h"
#include "device_registry/periods.h"
#include "device_registry/validation.h"

namespace nara::registry {

absl::StatusOr<v1::PutStaffResponse> Organisation::PutStaff(const Caller& caller, const v1::PutStaffRequest& request) {
  v1::Staff wished = request.staff();
  absl::Status status =
      rights_.Check(caller, Action::kWriteUnit, OfPrincipal(wished.principal()), "principal", wished.principal());
  if (status.ok()) status = Validate(wished, deps_.catalogue);
  if (!status.ok()) return status;
  if (wished.id().empty()) wished.set_id(deps_.new_id());
  const auto guard = [&](const v1::Staff& before) {
    const absl::Status right =
        rights_.Check(caller, Action::kWriteUnit, OfPrincipal(before.principal()), "staff", wished.id());
    if (!right.ok() || before.principal() == wished.principal()) return right;
    return rpc::Error(absl::StatusCode::kFailedPrecondition, "STAFF_OF_OTHER_PRINCIPAL",
                      "a person stays in a principal's register; enter it in the other too", {{"staff", wished.id()}});
  };
  absl::StatusOr<v1::Staff> stored = deps_.store.PutStaff(ActorOf(caller), wished, guard);
  if (!stored.ok()) return stored.status();
  v1::PutStaffResponse response;
  *response.mutable_staff() = *std::move(stored);
  return response;
}

absl::StatusOr<v1::ListStaffResponse> Organisation::ListStaff(const Caller& caller,
                                                              const v1::ListStaffRequest& request) {
  const absl::StatusOr<Visible> visible = rights_.Reach(caller, Action::kWriteUnit);
  if (!visible.ok()) return visible.status();
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  auto all = deps_.store.ListStaff(
      {.visible = *visible, .principal = request.principal(), .after = page->after, .limit = page->limit()});
  if (!all.ok()) return all.status();
  v1::ListStaffResponse response;
  response.set_next_page_token(CutPage(*all, *page));
  for (v1::Staff& staff : *all) *response.add_staff() = std::move(staff);
  return response;
}

absl::Status Organisation::CheckWork(const Caller& caller, const v1::StaffAssignment& assignment) {
  const absl::StatusOr<std::optional<v1::Unit>> unit = deps_.store.FindUnit(assignment.unit());
  if (!unit.ok()) return unit.status();
  const Object where = unit->has_value() ? OfUnit(**unit) : Object{};
  const absl::Status right = rights_.Check(caller, Action::kWriteUnit, where, "unit", assignment.unit());
  if (!right.ok()) return right;
  if (!unit->has_value()) return NotThere("unit", assignment.unit());
  const absl::StatusOr<std::optional<std::string>> principal = deps_.store.FindStaff(assignment.staff());
  if (!principal.ok()) return principal.status();
  if (!principal->has_value()) return NotThere("staff", assignment.staff());
  return rights_.Check(caller, Action::kWriteUnit, OfPrincipal(**principal), "staff", assignment.staff());
}

absl::StatusOr<v1::PutStaffAssignmentResponse> Organisation::PutStaffAssignment(
    const Caller& caller, const v1::PutStaffAssignmentRequest& request) {
  v1::StaffAssignment wished = request.staff_assignment();
  absl::Status status = Validate(wished);
  if (status.ok()) status = CheckWork(caller, wished);
  if (!status.ok()) return status;
  std::sort(wished.mutable_roles()->begin(), wished.mutable_roles()->end());
  CutPeriod(wished);
  // It stays with its person and unit, for both of which the caller has the right.
  const auto guard = [&](const v1::StaffAssignment& before) -> absl::Status {
    const bool same = before.unit() == wished.unit() && before.staff() == wished.staff();
    return same ? absl::OkStatus() : Differs("staff_assignment", wished.id());
  };
  absl::StatusOr<v1::StaffAssignment> stored =
      deps_.store.PutStaffAssignment(ActorOf(caller), wished, deps_.new_id(), guard);
  if (!stored.ok()) return stored.status();
  v1::PutStaffAssignmentResponse response;
  *response.mutable_staff_assignment() = *std::move(stored);
  return response;
}

absl::StatusOr<v1::ListStaffAssignmentsResponse> Organisation::ListStaffAssignments(
    const Caller& caller, const v1::ListStaffAssignmentsRequest& request) {
  const absl::StatusOr<Visible> visible = rights_.Reach(caller, Action::kReadUnit);
  if (!visible.ok()) return visible.status();
  if (request.has_at()) {
    if (absl::Status status = ValidateTime("at", request.at()); !status.ok()) return status;
  }
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  auto assignments = deps_.store.ListStaffAssignments({.visible = *visible,
                                                       .principal = request.principal(),
                                                       .unit = request.unit(),
                                                       .staff = request.staff(),
                                                       .role = request.role(),
                                                       .at = InstantOf(request),
                                                       .after = page->after,
                                                       .limit = page->limit()});
  if (!assignments.ok()) return assignments.status();
  v1::ListStaffAssignmentsResponse response;
  response.set_next_page_token(CutPage(*assignments, *page));
  for (v1::StaffAssignment& one : *assignments) *response.add_staff_assignments() = std::move(one);
  return response;
}

}  // namespace nara::registry
