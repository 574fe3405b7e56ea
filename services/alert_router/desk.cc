#include "alert_router/desk.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/rpc/error.h"

namespace nara::alert {
namespace {

constexpr std::size_t kLongestId = 128;
constexpr std::size_t kLongestReason = 500;
constexpr int kDefaultPage = 100;
constexpr int kLargestPage = 1000;

absl::Status BadRequest(const std::string& message) {
  return rpc::Error(absl::StatusCode::kInvalidArgument, "BAD_REQUEST", message);
}

absl::Status UnknownAlert(const std::string& id) {
  return NotThere("alert", id);
}

bool IsId(const std::string& text) {
  return !text.empty() && text.size() <= kLongestId &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

absl::Status Check(const Desk::Request& request) {
  if (!IsId(request.alert)) return BadRequest("alert must be an id as the router gave it");
  if (!IsId(request.actor.receiver)) return BadRequest("receiver must be the id of a chain step's receiver");
  if (!IsId(request.actor.operator_id)) return BadRequest("operator must be 1 to 128 visible ASCII characters");
  if (request.reason.size() > kLongestReason) return BadRequest("reason must be at most 500 bytes");
  if (request.reason.find('\0') != std::string::npos) return BadRequest("reason must not hold a NUL");
  return absl::OkStatus();
}

absl::Status Refused(Verdict verdict, const Alert& alert, const Actor& actor) {
  const auto failed = [&](const char* reason, const std::string& message,
                          const std::map<std::string, std::string>& more) {
    return rpc::Error(absl::StatusCode::kFailedPrecondition, reason, message, more);
  };
  switch (verdict) {
    case Verdict::kTaken:
      return failed("ALERT_TAKEN", "the alert has been accepted by " + alert.receiver,
                    {{"alert", alert.id}, {"receiver", alert.receiver}, {"operator", alert.operator_id}});
    case Verdict::kEnded:
      return failed("ALERT_ENDED", "the alert has ended: " + std::string(StateName(alert.state)),
                    {{"alert", alert.id}, {"state", std::string(StateName(alert.state))}});
    case Verdict::kNotAccepted:
      return failed("ALERT_NOT_ACCEPTED", "accept the alert before it is resolved", {{"alert", alert.id}});
    case Verdict::kNotOffered:
      return failed("NOT_OFFERED", "the alert has not been offered to " + actor.receiver,
                    {{"alert", alert.id}, {"receiver", actor.receiver}});
    case Verdict::kDone:
    case Verdict::kAlready:
      break;
  }
  return absl::OkStatus();
}

std::string TokenFor(const Alert& last) {
  return std::to_string(last.raised_at.time_since_epoch().count()) + "." + last.id;
}

absl::Status ReadToken(const std::string& token, Query& query) {
  if (token.empty()) return absl::OkStatus();
  int64_t micros = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), micros);
  const std::string id(end, token.data() + token.size());
  if (error != std::errc() || id.size() < 2 || id[0] != '.' || !IsId(id)) {
    return BadRequest("page_token must be one that this call gave");
  }
  query.before_raised_at = Time(std::chrono::microseconds(micros));
  query.before_id = id.substr(1);
  return absl::OkStatus();
}

}  // namespace

Object ObjectOf(const Alert& alert) {
  Object object;
  object.principal = alert.principal;
  object.unit = alert.unit;
  for (std::size_t i = 0; i <= alert.step && i < alert.chain.steps.size(); ++i) {
    object.receivers.push_back(alert.chain.steps[i].receiver);
  }
  return object;
}

absl::StatusOr<Alert> Desk::Accept(const rpc::CallContext& call, const Request& request) {
  return Act(call, request,
             [&](const Alert& alert, Moves&, Time now) { return alert::Accept(alert, request.actor, now); });
}

absl::StatusOr<Alert> Desk::Reject(const rpc::CallContext& call, const Request& request) {
  return Act(call, request, [&](const Alert& alert, Moves& moves, Time now) {
    return alert::Reject(alert, request.actor, request.reason, moves.reachable(), now);
  });
}

absl::StatusOr<Alert> Desk::Resolve(const rpc::CallContext& call, const Request& request) {
  return Act(call, request, [&](const Alert& alert, Moves&, Time now) {
    return alert::Resolve(alert, request.actor, request.reason, now);
  });
}

absl::StatusOr<Alert> Desk::Act(const rpc::CallContext& call, const Request& request, const Move& move) {
  const auto caller = Known(call);
  if (!caller.ok()) return caller.status();
  if (absl::Status checked = Check(request); !checked.ok()) return checked;
  Object as_receiver;
  as_receiver.receivers = {request.actor.receiver};
  const nara::Decision may_act = authorizer_.Decide(*caller, Action::kActOnAlert, as_receiver);
  if (!may_act.allowed()) return Refusal(may_act, "alert", request.alert);
  Alert after;
  const absl::Status done = ledger_.Commit([&](Moves& moves) -> absl::Status {
    const auto row = moves.rows().GetLocked(request.alert);
    if (!row.ok()) return row.status();
    if (!row->has_value()) return UnknownAlert(request.alert);
    if (absl::Status seen = Look(*caller, **row); !seen.ok()) return seen;
    const auto now = moves.rows().Now();
    if (!now.ok()) return now.status();
    const Answer answer = move(**row, moves, *now);
    after = answer.change.alert;
    if (answer.verdict == Verdict::kDone) return moves.Save(answer.change);
    return Refused(answer.verdict, **row, request.actor);
  });
  if (!done.ok()) return done;
  return after;
}

absl::Status Desk::Look(const Caller& caller, const Alert& alert) const {
  const nara::Decision decision = authorizer_.Decide(caller, Action::kReadAlert, ObjectOf(alert));
  return decision.allowed() ? absl::OkStatus() : Refusal(decision, "alert", alert.id);
}

absl::StatusOr<AlertWithHistory> Desk::Get(const rpc::CallContext& call, const std::string& alert) {
  const auto caller = Known(call);
  if (!caller.ok()) return caller.status();
  if (!IsId(alert)) return BadRequest("alert must be an id as the router gave it");
  auto found = store_.Get(alert);
  if (absl::IsNotFound(found.status())) {
    const nara::Decision decision = authorizer_.Decide(*caller, Action::kReadAlert, Object());
    return decision.answer == nara::Decision::Answer::kForbidden ? Refusal(decision, "alert", alert)
                                                                 : UnknownAlert(alert);
  }
  if (!found.ok()) return found.status();
  if (absl::Status seen = Look(*caller, found->alert); !seen.ok()) return seen;
  return found;
}

absl::StatusOr<Desk::Page> Desk::List(const rpc::CallContext& call, const ListRequest& request) {
  const auto caller = Watcher(call);
  if (!caller.ok()) return caller.status();
  if (request.page_size < 0 || request.page_size > kLargestPage) return BadRequest("page_size must be 0 to 1000");
  Query query;
  query.scope = authorizer_.Reach(*caller, Action::kReadAlert);
  query.principal = request.principal;
  query.device = request.device;
  query.open_only = request.open_only;
  const std::size_t size = request.page_size == 0 ? kDefaultPage : request.page_size;
  query.limit = static_cast<int>(size) + 1;
  if (absl::Status read = ReadToken(request.page_token, query); !read.ok()) return read;
  auto alerts = store_.List(query);
  if (!alerts.ok()) return alerts.status();
  Page page{*std::move(alerts), ""};
  if (page.alerts.size() > size) {
    page.alerts.resize(size);
    page.next_page_token = TokenFor(page.alerts.back());
  }
  return page;
}

absl::StatusOr<std::vector<Alert>> Desk::Open(const Caller& caller, const std::string& principal) {
  Query query;
  query.scope = authorizer_.Reach(caller, Action::kReadAlert);
  query.principal = principal;
  query.open_only = true;
  query.limit = kLargestPage;
  std::vector<Alert> open;
  for (;;) {
    auto page = store_.List(query);
    if (!page.ok()) return page.status();
    open.insert(open.end(), page->begin(), page->end());
    if (page->size() < kLargestPage) return open;
    query.before_raised_at = open.back().raised_at;
    query.before_id = open.back().id;
  }
}

bool Desk::MaySee(const std::string& caller, const Alert& alert) const {
  return authorizer_.Decide(caller, Action::kReadAlert, ObjectOf(alert)).allowed();
}

absl::StatusOr<Caller> Desk::Known(const rpc::CallContext& call) const {
  return authorizer_.Identify(call.peer, call.caller);
}

absl::StatusOr<Caller> Desk::Watcher(const rpc::CallContext& call) const {
  const auto caller = Known(call);
  if (!caller.ok()) return caller;
  if (authorizer_.Reach(*caller, Action::kReadAlert).nothing()) {
    return Refusal(authorizer_.Decide(*caller, Action::kReadAlert, Object()), "alert", "");
  }
  return caller;
}

absl::StatusOr<std::string> Desk::Attendant(const rpc::CallContext& call, const Actor& actor) const {
  const auto caller = Known(call);
  if (!caller.ok()) return caller.status();
  if (!IsId(actor.receiver)) return BadRequest("receiver must be the id of a chain step's receiver");
  if (!IsId(actor.operator_id)) return BadRequest("operator must be 1 to 128 visible ASCII characters");
  Object object;
  object.receivers = {actor.receiver};
  const nara::Decision decision = authorizer_.Decide(*caller, Action::kAttend, object);
  if (!decision.allowed()) return Refusal(decision, "receiver", actor.receiver);
  return caller->id;
}

bool Desk::MayAttend(const std::string& caller, const std::string& receiver) const {
  Object object;
  object.receivers = {receiver};
  return authorizer_.Decide(caller, Action::kAttend, object).allowed();
}

absl::Status Desk::Delivered(const Actor& actor, const std::string& alert, uint64_t version) {
  if (!IsId(alert)) return BadRequest("alert must be an id as the router gave it");
  return ledger_.Commit([&](Moves& moves) -> absl::Status {
    const auto row = moves.rows().GetLocked(alert);
    if (!row.ok() || !row->has_value()) return row.status();
    const auto now = moves.rows().Now();
    if (!now.ok()) return now.status();
    const Change change = alert::Delivered(**row, actor, version, *now);
    return change.Recorded() ? moves.Save(change) : absl::OkStatus();
  });
}

}  // namespace nara::alert
