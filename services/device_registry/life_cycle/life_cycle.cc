#include "device_registry/life_cycle/life_cycle.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <utility>

#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/page.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

// How far a device's clock may be ahead and still be normal.
constexpr std::chrono::minutes kAhead{2};

absl::Status CheckStore(const v1::MoveDetails& details, const Catalogue& catalogue) {
  const std::string& owner = details.store().owner();
  if (owner.empty() || catalogue.FindPrincipal(owner) != nullptr) return absl::OkStatus();
  return Invalid("details.store.owner", "is no principal; ListPrincipals shows them");
}

absl::Status Validate(const v1::MoveDeviceRequest& request, const Catalogue& catalogue) {
  if (!request.move().empty()) {
    if (absl::Status status = ValidateOpaqueId("move", request.move()); !status.ok()) return status;
  }
  if (request.has_at()) {
    if (absl::Status status = ValidateTime("at", request.at()); !status.ok()) return status;
  }
  if (!IsText(request.reason(), 1)) return Invalid("reason", "is 1 to 200 characters without control characters");
  if (!IsText(request.details().order(), 0)) {
    return Invalid("details.order", "is at most 200 characters without control characters");
  }
  const v1::DeviceEvent event = request.event();
  if (!v1::DeviceEvent_IsValid(event) || event <= v1::DEVICE_EVENT_REGISTER || event == v1::DEVICE_EVENT_VERIFY) {
    return Invalid("event",
                   "is one that MoveDevice makes; a device is registered by RegisterDevices, verified by its "
                   "test (ConfirmTest)");
  }
  if (!request.device().empty() && request.details().replaced_by() == request.device()) {
    return Invalid("details.replaced_by", "is another device");
  }
  return CheckStore(request.details(), catalogue);
}

absl::Status CheckTime(const v1::MoveDeviceRequest& request, const DeviceStanding& standing) {
  if (!request.has_at()) return absl::OkStatus();
  if (ToChrono(request.at()) > standing.now) return Invalid("at", "lies in the future; say what has happened");
  if (ToChrono(request.at()) >= standing.not_before) return absl::OkStatus();
  return rpc::Error(absl::StatusCode::kFailedPrecondition, "MOVE_BEFORE_LAST",
                    "the device has moved after that time; ListDeviceHistory shows when",
                    {{"device", request.device()}});
}

absl::Status Validate(const v1::ConfirmTestRequest& request) {
  if (absl::Status status = ValidateOpaqueId("assignment", request.assignment()); !status.ok()) return status;
  if (request.test().epoch() == 0) return Invalid("test.epoch", "is the epoch of the test event, which is not 0");
  constexpr auto kMaxSeq = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (request.test().seq() > kMaxSeq) return Invalid("test.seq", "is below 2^63");
  return ValidateTime("test.at", request.test().at());
}

absl::Status CheckTest(const v1::CommissioningTest& test, const v1::Assignment& assignment, TimePoint now) {
  const auto refused = [&](const char* reason, const char* what) {
    return rpc::Error(absl::StatusCode::kFailedPrecondition, reason, what, {{"assignment", assignment.id()}});
  };
  const bool begun = ToChrono(assignment.start_at()) <= now;
  if (!begun || (assignment.has_end_at() && ToChrono(assignment.end_at()) <= now)) {
    return refused("ASSIGNMENT_NOT_RUNNING", "the assignment does not run now; a test counts while it does");
  }
  if (ToChrono(test.at()) < ToChrono(assignment.start_at()) || ToChrono(test.at()) > now + kAhead) {
    return refused("TEST_OUTSIDE", "the test was not made within the assignment; let the device send another");
  }
  return absl::OkStatus();
}

// Moves are pages by their ordinal.
std::uint32_t OrdinalOf(const std::string& after) {
  std::uint32_t ordinal = 0;
  std::from_chars(after.data(), after.data() + after.size(), ordinal);
  return ordinal;
}

}  // namespace

absl::StatusOr<v1::Device> LifeCycle::FindDevice(const Caller& caller, Action action, const std::string& id) {
  auto devices = deps_.store.FindDevices({id});
  if (!devices.ok()) return devices.status();
  const auto found = devices->find(id);
  const bool there = found != devices->end();
  const std::vector<Object> faces =
      there ? FacesOf(found->second, ToProto(deps_.clock.Now())) : std::vector<Object>{{}};
  if (absl::Status status = rights_.CheckAny(caller, action, faces, "device", id); !status.ok()) return status;
  if (!there) return NotThere("device", id);
  return std::move(found->second);
}

// The rights are asked at a revision of the device, and the store moves it at that
// revision only: who may move it cannot have changed in between.
absl::StatusOr<v1::MoveDeviceResponse> LifeCycle::MoveDevice(const Caller& caller,
                                                             const v1::MoveDeviceRequest& request) {
  if (absl::Status status = Validate(request, deps_.catalogue); !status.ok()) return status;
  const auto device = FindDevice(caller, Action::kRegisterDevice, request.device());
  if (!device.ok()) return device.status();
  const std::string& replacement = request.details().replaced_by();
  if (!replacement.empty()) {
    const auto found = FindDevice(caller, Action::kReadDevice, replacement);
    if (!found.ok()) return found.status();
  }
  v1::MoveDeviceRequest wish = request;
  if (wish.move().empty()) wish.set_move(deps_.new_id());
  const auto decide = [&](const DeviceStanding& standing) -> absl::StatusOr<v1::DeviceState> {
    if (absl::Status status = CheckTime(wish, standing); !status.ok()) return status;
    return Next(wish.device(), standing.state, wish.event(), wish.details(), standing.facts);
  };
  auto move = deps_.moves.Move(ActorOf(caller), wish, decide);
  if (!move.ok()) return move.status();
  auto moved = FindDevice(caller, Action::kRegisterDevice, request.device());
  if (!moved.ok()) return moved.status();
  v1::MoveDeviceResponse response;
  *response.mutable_device() = *std::move(moved);
  *response.mutable_move() = *std::move(move);
  return response;
}

absl::StatusOr<v1::ListDeviceHistoryResponse> LifeCycle::ListDeviceHistory(
    const Caller& caller, const v1::ListDeviceHistoryRequest& request) {
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  const auto device = FindDevice(caller, Action::kReadDevice, request.device());
  if (!device.ok()) return device.status();
  auto moves = deps_.moves.History(request.device(), OrdinalOf(page->after), page->limit());
  if (!moves.ok()) return moves.status();
  v1::ListDeviceHistoryResponse response;
  if (moves->size() > static_cast<std::size_t>(page->size)) {
    moves->resize(static_cast<std::size_t>(page->size));
    response.set_next_page_token(TokenAfter(*page, std::to_string(moves->back().ordinal())));
  }
  for (v1::DeviceMove& move : *moves) *response.add_moves() = std::move(move);
  return response;
}

absl::StatusOr<v1::ConfirmTestResponse> LifeCycle::ConfirmTest(const Caller& caller,
                                                               const v1::ConfirmTestRequest& request) {
  if (absl::Status status = Validate(request); !status.ok()) return status;
  const auto device = FindDevice(caller, Action::kConfirmTest, request.device());
  if (!device.ok()) return device.status();
  const auto decide = [&](const DeviceStanding& standing,
                          const v1::Assignment& assignment) -> absl::StatusOr<v1::DeviceState> {
    if (absl::Status status = CheckTest(request.test(), assignment, standing.now); !status.ok()) return status;
    return Next(request.device(), standing.state, v1::DEVICE_EVENT_VERIFY, {}, standing.facts);
  };
  if (absl::Status status = deps_.moves.Confirm(ActorOf(caller), request, decide); !status.ok()) return status;
  auto verified = FindDevice(caller, Action::kConfirmTest, request.device());
  if (!verified.ok()) return verified.status();
  v1::ConfirmTestResponse response;
  *response.mutable_device() = *std::move(verified);
  return response;
}

}  // namespace nara::registry
