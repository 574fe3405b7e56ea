#include "device_registry/responsibility/costs.h"

#include <algorithm>
#include <utility>

#include "common/routes/timeline.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/responsibility/birthday.h"
#include "device_registry/responsibility/forms.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

using google::protobuf::Timestamp;

constexpr std::size_t kMaxReason = 500;

std::string RegimeOf(v1::Regime regime) {
  switch (regime) {
    case v1::REGIME_HSL:
      return "HSL";
    case v1::REGIME_SOL:
      return "SoL";
    case v1::REGIME_LSS:
      return "LSS";
    default:
      return "";
  }
}

const Timestamp& NotBeforeStart(const v1::Assignment& assignment, const Timestamp& at) {
  return Before(at, assignment.start_at()) ? assignment.start_at() : at;
}

absl::Status ValidateException(const v1::CostException& exception) {
  absl::Status status = ValidateOpaqueId("exception", exception.id());
  if (status.ok()) status = ValidateOpaqueId("assignment", exception.assignment());
  if (status.ok()) status = ValidateTime("start_at", exception.start_at());
  if (status.ok() && exception.has_end_at()) status = ValidateTime("end_at", exception.end_at());
  if (!status.ok()) return status;
  if (exception.has_end_at() && !Before(exception.start_at(), exception.end_at())) {
    return Invalid("end_at", "is later than start_at");
  }
  const std::string& reason = exception.reason();
  const bool plain = !reason.empty() && reason.size() <= kMaxReason &&
                     std::none_of(reason.begin(), reason.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  return plain ? absl::OkStatus() : Invalid("reason", "is 1 to 500 characters without control characters");
}

}  // namespace

absl::Status Costs::CheckPrincipal(const std::string& field, const std::string& id) const {
  if (id.empty() || deps_.catalogue.FindPrincipal(id) != nullptr) return absl::OkStatus();
  return Invalid(field, "is no principal; ListPrincipals shows them");
}

absl::StatusOr<v1::Device> Costs::DeviceOf(const std::string& id) {
  auto devices = deps_.registry.FindDevices({id});
  if (!devices.ok()) return devices.status();
  if (devices->empty()) return NotThere("device", id);
  return std::move(devices->begin()->second);
}

absl::StatusOr<std::string> Costs::OwnerOf(const std::string& assignment) {
  const auto found = deps_.assignments.Find({.assignment = assignment, .device = {}, .at = {}, .believed = {}});
  if (!found.ok()) return found.status();
  if (!found->has_value()) return NotThere("assignment", assignment);
  const absl::StatusOr<v1::Device> device = DeviceOf((*found)->assignment.device());
  if (!device.ok()) return device.status();
  return device->owner();
}

absl::StatusOr<v1::PutCostFactsResponse> Costs::PutCostFacts(const Caller& caller,
                                                             const v1::PutCostFactsRequest& request) {
  v1::CostFacts facts = request.facts();
  absl::Status status = ValidateOpaqueId("assignment", request.assignment());
  if (status.ok()) status = ValidateTime("since", facts.since());
  if (status.ok()) status = CheckPrincipal("registered_at", facts.registered_at());
  if (status.ok()) status = CheckPrincipal("prescriber", facts.prescriber());
  if (status.ok() && !facts.birth_date().empty()) status = ParseBirthDate(facts.birth_date()).status();
  if (!status.ok()) return status;
  *facts.mutable_since() = Stored(facts.since());
  const auto guard = [&](const Standing& standing) {
    return answering_.CheckSince(caller, standing.assignment, facts.since(), standing.now);
  };
  status = deps_.store.PutFacts(ActorOf(caller), request.assignment(), facts, guard);
  if (!status.ok()) return status;
  v1::PutCostFactsResponse response;
  *response.mutable_facts() = std::move(facts);
  return response;
}

absl::StatusOr<v1::PutCostExceptionResponse> Costs::PutCostException(const Caller& caller,
                                                                     const v1::PutCostExceptionRequest& request) {
  v1::CostException exception = request.exception();
  if (exception.id().empty()) exception.set_id(deps_.new_id());
  absl::Status status = ValidateException(exception);
  if (status.ok()) status = CheckPrincipal("payer", exception.payer());
  if (status.ok()) {
    status =
        deps_.rights.Check(caller, Action::kAssign, OfPrincipal(exception.payer()), "principal", exception.payer());
  }
  if (!status.ok()) return status;
  *exception.mutable_start_at() = Stored(exception.start_at());
  if (exception.has_end_at()) *exception.mutable_end_at() = Stored(exception.end_at());
  const absl::StatusOr<std::string> owner = OwnerOf(exception.assignment());
  if (!owner.ok()) return owner.status();
  const auto guard = [&](const Standing& standing) -> absl::Status {
    std::vector<Object> faces = FacesAt(standing.assignment, exception.start_at());
    for (const Object& face : faces) {
      if (IsRegionOf(exception.payer(), face.principal)) return absl::OkStatus();
    }
    faces.push_back(OfOwner(*owner));
    return deps_.rights.CheckAny(caller, Action::kAssign, faces, "assignment", exception.assignment());
  };
  absl::StatusOr<v1::CostException> stored = deps_.store.PutException(ActorOf(caller), exception, guard);
  if (!stored.ok()) return stored.status();
  v1::PutCostExceptionResponse response;
  *response.mutable_exception() = *std::move(stored);
  return response;
}

absl::StatusOr<v1::Cost> Costs::CostAt(const v1::Assignment& assignment, const v1::Device& device,
                                       const Timestamp& at) {
  v1::Cost cost;
  const auto exception = deps_.store.ExceptionAt(assignment.id(), at);
  if (!exception.ok()) return exception.status();
  if (exception->has_value()) {
    cost.set_payer((*exception)->payer());
    cost.set_exception((*exception)->id());
    cost.set_reason((*exception)->reason());
    return cost;
  }
  const auto facts = deps_.store.FactsAt(assignment.id(), at);
  if (!facts.ok()) return facts.status();
  const Product* product = deps_.catalogue.FindProduct(device.product());
  const v1::Responsibility* care = ResponsibleAt(assignment, v1::PURPOSE_CARE, at);
  CostCase known{.product = device.product(),
                 .group = product == nullptr ? "" : product->group,
                 .regime = RegimeOf(assignment.regime()),
                 .answers = care == nullptr ? "" : care->principal(),
                 .registered_at = {},
                 .prescriber = {},
                 .born = {}};
  if (facts->has_value()) {
    known.registered_at = (*facts)->registered_at();
    known.prescriber = (*facts)->prescriber();
    if (const auto born = ParseBirthDate((*facts)->birth_date()); born.ok()) known.born = *born;
  }
  Payer payer = deps_.rules.PayerOf(known, FromProto(at));
  cost.set_payer(std::move(payer.principal));
  cost.set_rule(std::move(payer.rule));
  cost.set_reason(std::move(payer.reason));
  return cost;
}

absl::StatusOr<v1::GetCostResponse> Costs::GetCost(const Caller& caller, const v1::GetCostRequest& request) {
  const std::string& id = request.assignment();
  absl::Status status = ValidateOpaqueId("assignment", id);
  if (status.ok() && request.has_at()) status = ValidateTime("at", request.at());
  if (!status.ok()) return status;
  const auto found = deps_.assignments.Find({.assignment = id, .device = {}, .at = {}, .believed = {}});
  if (!found.ok()) return found.status();
  std::vector<Object> faces{{}};
  v1::GetCostResponse response;
  if (found->has_value()) {
    const v1::Assignment& assignment = (*found)->assignment;
    const Timestamp asked = request.has_at() ? request.at() : ToProto(deps_.clock.Now());
    const Timestamp& at = NotBeforeStart(assignment, asked);
    const absl::StatusOr<v1::Device> device = DeviceOf(assignment.device());
    if (!device.ok()) return device.status();
    absl::StatusOr<v1::Cost> cost = CostAt(assignment, *device, at);
    if (!cost.ok()) return cost.status();
    faces = FacesAt(assignment, at);
    faces.push_back(OfOwner(device->owner()));
    faces.push_back(OfPrincipal(cost->payer()));
    *response.mutable_cost() = *std::move(cost);
  }
  status = deps_.rights.CheckAny(caller, Action::kReadDevice, faces, "assignment", id);
  if (!status.ok()) return status;
  if (!found->has_value()) return NotThere("assignment", id);
  return response;
}

}  // namespace nara::registry
