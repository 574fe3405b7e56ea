#include "common/time/proto_time.h"
#include "common/time/text.h"
#include "tools/naractl/command.h"
#include "tools/naractl/forms.h"
#include "tools/naractl/list.h"
#include "tools/platform/alert_client.h"
#include "tools/platform/responsibility_client.h"

namespace nara::naractl {
namespace {

using registry::v1::HandOver;

struct ProposeOptions {
  std::string assignment;
  std::string id;
  std::string care_unit;
  std::string alarm_unit;
  std::string since;
};

struct AnswerOptions {
  std::string id;
  std::string objection;
};

struct ListOptions {
  std::string principal;
  std::string state;
};

// For each thing that happens in a resident's life.
struct HappenedOptions {
  std::string resident;
  std::string id;
  std::string care_unit;
  std::string alarm_unit;
  std::string at;  // or the date of birth
};

const std::vector<std::string> kHeading = {"HAND-OVER", "STATE", "REASON", "DEVICE", "FROM", "TO", "SINCE", "DEADLINE"};

std::vector<std::string> Row(const HandOver& hand_over) {
  return {hand_over.id(),
          HandOverState_Name(hand_over.state()).substr(16),
          HandOverReason_Name(hand_over.reason()).substr(17),
          hand_over.device(),
          hand_over.from_unit(),
          hand_over.care_unit().empty() ? hand_over.alarm_unit() : hand_over.care_unit(),
          FormatRfc3339Millis(FromProto(hand_over.since())),
          FormatRfc3339Millis(FromProto(hand_over.deadline()))};
}

void Print(const Session& session, const HandOver& hand_over) {
  session.json ? PrintLine(ToJson(hand_over)) : PrintTable({kHeading, Row(hand_over)});
}

absl::StatusOr<HandOver> Find(tools::ResponsibilityClient& client, const std::string& id) {
  registry::v1::GetHandOverRequest request;
  request.set_hand_over(id);
  const auto got = client.Call(request);
  if (!got.ok()) return got.status();
  return got->hand_over();
}

absl::Status Propose(Session& session, const ProposeOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  registry::v1::ProposeHandOverRequest request;
  request.set_hand_over(options.id);
  request.set_assignment(options.assignment);
  request.set_care_unit(options.care_unit);
  request.set_alarm_unit(options.alarm_unit);
  if (!options.since.empty()) {
    const auto since = ParseRfc3339(options.since);
    if (!since.ok()) return since.status();
    *request.mutable_since() = ToProto(*since);
  }
  const auto done = tools::ResponsibilityClient(call->demo.registry, call->tls, call->reason).Call(request);
  if (!done.ok()) return done.status();
  Print(session, done->hand_over());
  return absl::OkStatus();
}

// The alerts that are open at the device are taken over with the responsibility.
absl::Status AddOpenAlerts(const Session::Call& call, const std::string& device,
                           registry::v1::AcceptHandOverRequest& request) {
  alert::v1::ListAlertsRequest open;
  open.set_device(device);
  open.set_open_only(true);
  const auto alerts = tools::AlertClient(call.demo.alerts, call.tls).ListAlerts(open);
  if (!alerts.ok()) return alerts.status();
  for (const auto& alert : alerts->alerts()) request.add_alerts(alert.id());
  return absl::OkStatus();
}

absl::Status Accept(Session& session, const AnswerOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::ResponsibilityClient client(call->demo.registry, call->tls, call->reason);
  const absl::StatusOr<HandOver> known = Find(client, options.id);
  if (!known.ok()) return known.status();
  registry::v1::AcceptHandOverRequest request;
  request.set_hand_over(options.id);
  request.set_revision(known->revision());
  if (absl::Status s = AddOpenAlerts(*call, known->device(), request); !s.ok()) return s;
  const auto done = client.Call(request);
  if (!done.ok()) return done.status();
  Print(session, done->hand_over());
  return absl::OkStatus();
}

absl::Status Decline(Session& session, const AnswerOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::ResponsibilityClient client(call->demo.registry, call->tls, call->reason);
  const absl::StatusOr<HandOver> known = Find(client, options.id);
  if (!known.ok()) return known.status();
  registry::v1::DeclineHandOverRequest request;
  request.set_hand_over(options.id);
  request.set_revision(known->revision());
  request.set_objection(options.objection);
  const auto done = client.Call(request);
  if (!done.ok()) return done.status();
  Print(session, done->hand_over());
  return absl::OkStatus();
}

absl::Status Withdraw(Session& session, const AnswerOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::ResponsibilityClient client(call->demo.registry, call->tls, call->reason);
  const absl::StatusOr<HandOver> known = Find(client, options.id);
  if (!known.ok()) return known.status();
  registry::v1::WithdrawHandOverRequest request;
  request.set_hand_over(options.id);
  request.set_revision(known->revision());
  const auto done = client.Call(request);
  if (!done.ok()) return done.status();
  Print(session, done->hand_over());
  return absl::OkStatus();
}

absl::Status List(Session& session, const ListOptions& options) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  tools::ResponsibilityClient client(call->demo.registry, call->tls, call->reason);
  registry::v1::ListHandOversRequest request;
  request.set_principal(options.principal);
  if (!options.state.empty()) {
    const auto state = EnumOf<registry::v1::HandOverState>("HAND_OVER_STATE_", options.state);
    if (!state.ok()) return state.status();
    request.add_states(*state);
  }
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    return client.Call(request);
  };
  const auto items = [](const auto& page) -> const auto& { return page.hand_overs(); };
  return PrintList(session, {kHeading}, ask, items, Row);
}

// One of the calls of a resident's life: they differ in their type and in the time.
template <typename Request>
absl::Status Happened(Session& session, const HappenedOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  Request request;
  request.mutable_move()->set_id(options.id);
  request.mutable_move()->set_resident(options.resident);
  request.mutable_move()->set_care_unit(options.care_unit);
  request.mutable_move()->set_alarm_unit(options.alarm_unit);
  if constexpr (requires { request.set_birth_date(""); }) {
    request.set_birth_date(options.at);
  } else {
    const auto at = ParseRfc3339(options.at);
    if (!at.ok()) return at.status();
    if constexpr (requires { request.mutable_moves_at(); }) *request.mutable_moves_at() = ToProto(*at);
    if constexpr (requires { request.mutable_discharged_at(); }) *request.mutable_discharged_at() = ToProto(*at);
    if constexpr (requires { request.mutable_since(); }) *request.mutable_since() = ToProto(*at);
  }
  const auto done = tools::ResponsibilityClient(call->demo.registry, call->tls, call->reason).Call(request);
  if (!done.ok()) return done.status();
  Table table{kHeading};
  std::vector<std::string> lines;
  for (const HandOver& hand_over : done->hand_overs()) {
    table.push_back(Row(hand_over));
    lines.push_back(ToJson(hand_over));
  }
  session.json ? PrintJsonList(lines) : PrintTable(table);
  return absl::OkStatus();
}

void DescribePropose(CLI::App& command, ProposeOptions& options) {
  command.add_option("assignment", options.assignment, "the assignment")->required();
  command.add_option("--id", options.id, "of the hand-over; by default given by the registry");
  command.add_option("--care", options.care_unit, "unit that shall take over CARE");
  command.add_option("--alarm", options.alarm_unit, "unit that shall take over ALARM");
  command.add_option("--since", options.since, "the legal time, RFC 3339; by default now");
}

void DescribeAnswer(CLI::App& command, AnswerOptions& options) {
  command.add_option("id", options.id, "the hand-over")->required();
}

template <typename Request>
void AddHappened(CLI::App& group, Session& session, const std::string& name, const std::string& what,
                 const std::string& time) {
  AddCommand<HappenedOptions>(
      group, session, name, what,
      [time](CLI::App& command, HappenedOptions& options) {
        command.add_option("resident", options.resident, "who")->required();
        command.add_option("--id", options.id, "of the happening, chosen by you")->required();
        command.add_option("--care", options.care_unit, "unit that shall take over CARE")->required();
        command.add_option("--alarm", options.alarm_unit, "unit that shall take over ALARM");
        command.add_option(time, options.at, time == "--born" ? "date of birth" : "when, RFC 3339")->required();
      },
      Happened<Request>);
}

}  // namespace

void AddHandOverCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("handover", "Responsibilities on their way.");
  group.require_subcommand(1);
  AddCommand<ProposeOptions>(group, session, "propose", "Proposes to hand over.", DescribePropose, Propose);
  AddCommand<AnswerOptions>(group, session, "accept", "Takes over, with the open alerts.", DescribeAnswer, Accept);
  AddCommand<AnswerOptions>(
      group, session, "decline", "Says no, which opens a dispute.",
      [](CLI::App& command, AnswerOptions& options) {
        DescribeAnswer(command, options);
        command.add_option("--objection", options.objection, "why, without personal data")->required();
      },
      Decline);
  AddCommand<AnswerOptions>(group, session, "withdraw", "Takes a proposal back.", DescribeAnswer, Withdraw);
  AddCommand<ListOptions>(
      group, session, "list", "Lists hand-overs.",
      [](CLI::App& command, ListOptions& options) {
        command.add_option("--principal", options.principal, "only of this principal");
        command.add_option("--state", options.state, "PROPOSED, EXPIRED, DISPUTED, ACCEPTED, WITHDRAWN or LAPSED");
      },
      List);
  AddHappened<registry::v1::MoveHomeRequest>(group, session, "move-home", "The resident moves away.", "--at");
  AddHappened<registry::v1::DischargeRequest>(group, session, "discharge", "The resident leaves hospital.", "--at");
  AddHappened<registry::v1::ChangeCareLevelRequest>(group, session, "care-level", "Another level of care.", "--at");
  AddHappened<registry::v1::ReachAdulthoodRequest>(group, session, "adulthood", "The resident becomes 18.", "--born");
  AddHappened<registry::v1::EnterSpecialHousingRequest>(group, session, "housing", "Into special housing.", "--at");
}

}  // namespace nara::naractl
