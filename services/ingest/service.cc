#include "ingest/service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/routes/timeline.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "ingest/log_record.h"

namespace nara::ingest {
namespace {

using absl::StatusCode;

constexpr int kDefaultPage = 100;
constexpr int kMaxPage = 1000;
constexpr std::size_t kLongestReason = 600;

// Whose the device is now, for CARE.
Object ObjectOf(const nara::registry::v1::Route& route, absl::Time now) {
  Object object;
  object.owner = route.owner();
  const auto* care = ResponsibleAt(route, nara::registry::v1::PURPOSE_CARE, nara::ToProto(now));
  if (care == nullptr) return object;
  object.principal = care->principal();
  object.unit = care->unit();
  return object;
}

// A quarantined record, with the resident of its assignment.
Object ObjectOf(const QuarantineRow& row, const RouteTable& routes) {
  Object object{.principal = row.principal, .unit = row.unit, .owner = row.owner, .receivers = {}};
  const RouteTable::Pointer route = routes.Find(row.record.device());
  const auto* assignment = route == nullptr ? nullptr : FindAssignment(*route, row.record.assignment());
  if (assignment == nullptr) return object;
  object.resident = assignment->resident();
  const auto* care = ResponsibleAt(*assignment, nara::registry::v1::PURPOSE_CARE, row.record.effective_at());
  if (care != nullptr) object.provider = care->provider();
  return object;
}

absl::Status UnknownDevice(const std::string& device) {
  return rpc::Error(StatusCode::kNotFound, "UNKNOWN_DEVICE",
                    absl::StrCat("there is no device ", device, " for this caller"), {{"device", device}});
}

absl::Status NoEntry(const std::string& id) {
  return rpc::Error(StatusCode::kNotFound, "UNKNOWN_ENTRY",
                    absl::StrCat("quarantine holds no ", id, " for this caller"), {{"id", id}});
}

absl::Status NoCommand(const v1::GetCommandRequest& request) {
  return rpc::Error(StatusCode::kNotFound, "UNKNOWN_COMMAND",
                    absl::StrCat("there is no command ", request.id(), " for device ", request.device()),
                    {{"device", request.device()}, {"id", request.id()}});
}

// The error of a decision; `hidden` is what an object looks like that is not the caller's.
absl::Status ErrorOf(const Decision& decision, absl::Status hidden) {
  switch (decision.answer) {
    case Decision::Answer::kAllowed:
      return absl::OkStatus();
    case Decision::Answer::kHidden:
      return hidden;
    case Decision::Answer::kWait:
      return rpc::Error(StatusCode::kUnavailable, "ACCESS_STALE", "the registry was not heard lately; try again");
    case Decision::Answer::kBlocked:
      return nara::Refusal(decision, "", "");
    case Decision::Answer::kForbidden:
      break;
  }
  return rpc::Error(StatusCode::kPermissionDenied, "FORBIDDEN", "the caller's role may not do this");
}

absl::Status Invalid(const std::string& reason, const std::string& message) {
  return rpc::Error(StatusCode::kInvalidArgument, reason, message);
}

}  // namespace

absl::StatusOr<Caller> Service::Identify(const rpc::CallContext& call) const {
  return deps_.authorizer.Identify(call.peer, call.caller == call.peer ? "" : call.caller);
}

absl::StatusOr<Caller> Service::MayTouch(const rpc::CallContext& call, Action action, const std::string& device) const {
  absl::StatusOr<Caller> caller = Identify(call);
  if (!caller.ok()) return caller.status();
  const auto route = deps_.routes.Find(device);
  const Object object = route ? ObjectOf(*route, deps_.clock.Now()) : Object{};
  const Decision decision = deps_.authorizer.Decide(*caller, action, object);
  if (!decision.allowed()) return ErrorOf(decision, UnknownDevice(device));
  return route ? std::move(caller) : UnknownDevice(device);
}

absl::Status Service::CheckLane(nara::telemetry::v1::Lane lane) const {
  if (lane == ToProto(deps_.lane)) return absl::OkStatus();
  return Invalid("WRONG_LANE", absl::StrCat("this process serves the ", std::string(LaneName(deps_.lane)),
                                            " lane; the other one has its own address"));
}

absl::StatusOr<v1::SubmitResponse> Service::Submit(const rpc::CallContext& call, const v1::SubmitRequest& request) {
  if (absl::Status status = CheckLane(request.lane()); !status.ok()) return status;
  if (const auto caller = MayTouch(call, Action::kSubmit, request.device()); !caller.ok()) return caller.status();
  const Arrival arrival = deps_.arrivals.Arrived();
  Origin origin{request.device(), deps_.lane, Encoding::kProtobuf, arrival.at, false, arrival.in_doubt};
  const absl::Duration left = std::clamp(call.deadline - deps_.clock.Now(), absl::ZeroDuration(), absl::Seconds(10));
  absl::StatusOr<nara::telemetry::v1::Receipt> receipt = deps_.submit(std::move(origin), request.uplink(), left);
  if (!receipt.ok()) return receipt.status();
  v1::SubmitResponse response;
  *response.mutable_receipt() = *std::move(receipt);
  return response;
}

absl::StatusOr<v1::SendCommandResponse> Service::SendCommand(const rpc::CallContext& call,
                                                             const v1::SendCommandRequest& request) {
  const auto caller = MayTouch(call, Action::kSendCommand, request.device());
  if (!caller.ok()) return caller.status();
  if (absl::Status status = CheckCommand(request.command()); !status.ok()) return status;
  const bool known = deps_.commands.Find(request.device(), request.command().id()).ok();
  const absl::Status expiry = CheckExpiry(request.command(), deps_.clock.Now());
  if (!known && !expiry.ok()) return expiry;
  absl::StatusOr<v1::CommandStatus> kept = deps_.commands.Accept({request.device(), request.command(), caller->id});
  if (!kept.ok()) return kept.status();
  deps_.on_command();
  v1::SendCommandResponse response;
  response.set_id(kept->command().id());
  *response.mutable_status() = *std::move(kept);
  return response;
}

absl::StatusOr<v1::GetCommandResponse> Service::GetCommand(const rpc::CallContext& call,
                                                           const v1::GetCommandRequest& request) {
  const auto caller = MayTouch(call, Action::kSendCommand, request.device());
  if (!caller.ok()) return caller.status();
  absl::StatusOr<v1::CommandStatus> status = deps_.commands.Find(request.device(), request.id());
  if (absl::IsNotFound(status.status())) return NoCommand(request);
  if (!status.ok()) return status.status();
  v1::GetCommandResponse response;
  *response.mutable_status() = *std::move(status);
  return response;
}

absl::StatusOr<v1::ListQuarantineResponse> Service::ListQuarantine(const rpc::CallContext& call,
                                                                   const v1::ListQuarantineRequest& request) {
  if (request.page_size() < 0 || request.page_size() > kMaxPage) {
    return Invalid("BAD_PAGE_SIZE", "page_size is from 0 to 1000");
  }
  const absl::StatusOr<Caller> caller = Identify(call);
  if (!caller.ok()) return caller.status();
  const Scope scope = deps_.authorizer.Reach(*caller, Action::kListQuarantine);
  if (scope.nothing()) return ErrorOf(Decision{}, absl::OkStatus());
  QuarantineQuery query{request.device(), request.reason(), request.with_settled(),
                        request.page_size() == 0 ? kDefaultPage : request.page_size(), request.page_token()};
  absl::StatusOr<QuarantinePage> page = deps_.quarantine.List(query, scope);
  if (!page.ok()) return page.status();
  v1::ListQuarantineResponse response;
  for (auto& record : page->records) *response.add_records() = std::move(record);
  response.set_next_page_token(page->next_page_token);
  response.set_total(page->total);
  return response;
}

absl::StatusOr<v1::GetQuarantinedResponse> Service::GetQuarantined(const rpc::CallContext& call,
                                                                   const v1::GetQuarantinedRequest& request) {
  const absl::StatusOr<Caller> caller = Identify(call);
  if (!caller.ok()) return caller.status();
  absl::StatusOr<QuarantineRow> row = deps_.quarantine.Get(request.id());
  const bool missing = absl::IsNotFound(row.status());
  if (!row.ok() && !missing) return row.status();
  const Object object = missing ? Object{} : ObjectOf(*row, deps_.routes);
  const Decision decision = deps_.authorizer.Decide(*caller, Action::kReadQuarantine, object);
  if (!decision.allowed()) return ErrorOf(decision, NoEntry(request.id()));
  if (missing) return NoEntry(request.id());
  if (absl::Status status = deps_.quarantine.Audit(request.id(), caller->id); !status.ok()) return status;
  v1::GetQuarantinedResponse response;
  *response.mutable_record() = std::move(row->record);
  return response;
}

absl::StatusOr<v1::ReplayQuarantinedResponse> Service::ReplayQuarantined(const rpc::CallContext& call,
                                                                         const v1::ReplayQuarantinedRequest& request) {
  if (absl::Status status = CheckLane(request.lane()); !status.ok()) return status;
  if (request.ids_size() > QuarantineShelf::kMostAtOnce) return Invalid("TOO_MANY_ENTRIES", "at most 1000 ids");
  const auto caller = MayTouch(call, Action::kAssign, request.device());
  if (!caller.ok()) return caller.status();
  const HeldQuery query{request.device(), deps_.lane, {request.ids().begin(), request.ids().end()}};
  // What is certain to be another's stays where it is, and unsaid.
  const auto deliver = [&](std::vector<QuarantineRow> held) {
    std::erase_if(held, [&](const QuarantineRow& row) {
      const Object object = ObjectOf(row, deps_.routes);
      return !row.principal.empty() && !deps_.authorizer.Decide(*caller, Action::kAssign, object).allowed();
    });
    return deps_.deliver(std::move(held));
  };
  absl::StatusOr<ReplayOutcome> outcome = deps_.quarantine.Replay(query, {caller->id, caller->reason}, deliver);
  if (!outcome.ok()) return outcome.status();
  v1::ReplayQuarantinedResponse response;
  response.set_more(outcome->more);
  for (const ReplayAnswer& answer : outcome->answers) {
    if (answer.what == ReplayAnswer::What::kReplayed) {
      response.add_replayed(answer.id);
      continue;
    }
    v1::Quarantined& remaining = *response.add_remaining();
    remaining.set_id(answer.id);
    remaining.set_device(request.device());
    remaining.set_lane(request.lane());
    remaining.set_reason(answer.refusal.reason);
    remaining.set_detail(answer.refusal.detail);
    remaining.set_disposition(answer.what == ReplayAnswer::What::kHeld ? v1::DISPOSITION_HELD
                                                                       : v1::DISPOSITION_REJECTED);
  }
  return response;
}

// Who may look at the entry knows of it; who arranges whose the device is decides about it.
absl::Status Service::MayDiscard(const Caller& caller, const std::string& id) const {
  const absl::StatusOr<QuarantineRow> row = deps_.quarantine.Get(id);
  const bool missing = absl::IsNotFound(row.status());
  if (!row.ok() && !missing) return row.status();
  const Object object = missing ? Object{} : ObjectOf(*row, deps_.routes);
  const Decision decision = deps_.authorizer.Decide(caller, Action::kAssign, object);
  if (!decision.allowed()) return ErrorOf(decision, NoEntry(id));
  return missing ? NoEntry(id) : absl::OkStatus();
}

absl::StatusOr<v1::DiscardQuarantinedResponse> Service::DiscardQuarantined(
    const rpc::CallContext& call, const v1::DiscardQuarantinedRequest& request) {
  const absl::StatusOr<Caller> caller = Identify(call);
  if (!caller.ok()) return caller.status();
  if (request.ids().empty() || request.ids_size() > QuarantineShelf::kMostAtOnce) {
    return Invalid("BAD_ENTRIES", "name 1 to 1000 ids");
  }
  if (request.reason().empty() || request.reason().size() > kLongestReason) {
    return Invalid("REASON_NEEDED", "say why, in 1 to 600 bytes: nobody will see these records again");
  }
  for (const std::string& id : request.ids()) {
    if (absl::Status status = MayDiscard(*caller, id); !status.ok()) return status;
  }
  absl::StatusOr<std::vector<std::string>> discarded =
      deps_.quarantine.Discard({request.ids().begin(), request.ids().end()}, {caller->id, request.reason()});
  if (!discarded.ok()) return discarded.status();
  v1::DiscardQuarantinedResponse response;
  for (std::string& id : *discarded) response.add_discarded(std::move(id));
  return response;
}

}  // namespace nara::ingest
