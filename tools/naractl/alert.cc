#include <algorithm>
#include <stop_token>

#include "common/time/proto_time.h"
#include "common/time/text.h"
#include "tools/naractl/command.h"
#include "tools/naractl/interrupt.h"
#include "tools/naractl/list.h"
#include "tools/platform/alert_client.h"

namespace nara::naractl {
namespace {

using alert::v1::Alert;

struct ListOptions {
  std::string principal;
  std::string device;
  bool open = false;
  int limit = 50;
};

struct ActOptions {
  std::string alert;
  std::string receiver;
  std::string operator_id = "naractl";
  std::string reason;
};

struct AttendOptions {
  std::string receiver;
  std::string operator_id = "naractl";
  int count = 0;
};

std::string StateOf(const Alert& alert) {
  return State_Name(alert.state()).substr(std::string("STATE_").size());
}

std::vector<std::string> Row(const Alert& alert) {
  return {alert.id(),       FormatRfc3339Millis(FromProto(alert.raised_at())),
          StateOf(alert),   alert.kind(),
          alert.device(),   alert.unit(),
          alert.receiver(), alert.operator_()};
}

absl::Status List(Session& session, const ListOptions& options) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  alert::v1::ListAlertsRequest request;
  request.set_principal(options.principal);
  request.set_device(options.device);
  request.set_open_only(options.open);
  request.set_page_size(std::min(options.limit, 1000));
  tools::AlertClient client(call->demo.alerts, call->tls);
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    return client.ListAlerts(request);
  };
  const auto items = [](const auto& page) -> const auto& { return page.alerts(); };
  return PrintList(session, {{"ALERT", "RAISED", "STATE", "KIND", "DEVICE", "UNIT", "RECEIVER", "OPERATOR"}}, ask,
                   items, Row, {.count = options.limit, .option = "--limit"});
}

absl::Status Show(Session& session, const ActOptions& options) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  alert::v1::GetAlertRequest request;
  request.set_alert(options.alert);
  const auto got = tools::AlertClient(call->demo.alerts, call->tls).GetAlert(request);
  if (!got.ok()) return got.status();
  if (session.json) {
    PrintLine(ToJson(*got));
    return absl::OkStatus();
  }
  Table table{{"AT", "ACTION", "STEP", "RECEIVER", "ACTOR", "REASON"}};
  for (const auto& entry : got->history()) {
    table.push_back({FormatRfc3339Millis(FromProto(entry.at())), entry.action(), std::to_string(entry.step()),
                     entry.receiver(), entry.actor(), entry.reason()});
  }
  PrintTable(table);
  return absl::OkStatus();
}

// One of accept, reject and resolve: the three requests differ in their type.
template <typename Request, typename Method>
absl::Status Act(Session& session, const ActOptions& options, Method method) {
  const auto call = session.Begin("alarm_centre");
  if (!call.ok()) return call.status();
  Request request;
  request.set_alert(options.alert);
  request.set_receiver(options.receiver.empty() ? call->persona.id : options.receiver);
  request.set_operator_(options.operator_id);
  if constexpr (requires { request.set_reason(""); }) request.set_reason(options.reason);
  tools::AlertClient client(call->demo.alerts, call->tls);
  const auto done = (client.*method)(request);
  if (!done.ok()) return done.status();
  PrintLine(session.json ? ToJson(done->alert()) : "alert " + done->alert().id() + " is " + StateOf(done->alert()));
  return absl::OkStatus();
}

void PrintOne(const Session& session, const std::string& what, const Alert& alert, const std::string& reason) {
  if (session.json) {
    return PrintLine(R"({")" + what + R"(":)" + ToJson(alert) + R"(,"reason":")" + reason + "\"}");
  }
  std::string line = what;
  for (const std::string& cell : Row(alert)) line += "  " + cell;
  PrintLine(reason.empty() ? line : line + "  (" + reason + ")");
}

absl::Status Attend(Session& session, const AttendOptions& options) {
  const auto call = session.Begin("alarm_centre");
  if (!call.ok()) return call.status();
  std::stop_source stop;
  const Interrupt interrupt(stop);
  const std::string receiver = options.receiver.empty() ? call->persona.id : options.receiver;
  tools::AlertClient client(call->demo.alerts, call->tls);
  int offers = 0;
  const auto attendance =
      client.Attend(receiver, options.operator_id,
                    {.offer =
                         [&](const alert::v1::Offer& offer) {
                           if (stop.stop_requested()) return;
                           PrintOne(session, "offer", offer.alert(), offer.degraded() ? "degraded" : "");
                           if (++offers == options.count) stop.request_stop();
                         },
                     .withdrawal =
                         [&](const alert::v1::Withdrawal& withdrawal) {
                           PrintOne(session, "withdrawal", withdrawal.alert(), withdrawal.reason());
                         },
                     .heartbeat = {},
                     .lost =
                         [&](const absl::Status& status) {
                           if (stop.stop_requested()) return;
                           session.Report(status);
                           // Not allowed will stay so; all else is tried again.
                           if (absl::IsPermissionDenied(status) || absl::IsNotFound(status)) stop.request_stop();
                         },
                     .confirms = true});
  WaitFor(stop.get_token());
  return absl::OkStatus();
}

void DescribeAct(CLI::App& command, ActOptions& options) {
  command.add_option("alert", options.alert, "its id")->required();
  command.add_option("--receiver", options.receiver, "by default the persona");
  command.add_option("--operator", options.operator_id, "who is at work")->capture_default_str();
  command.add_option("--reason", options.reason, "for the history");
}

void AddActs(CLI::App& group, Session& session) {
  using tools::AlertClient;
  AddCommand<ActOptions>(group, session, "accept", "Accepts an alert.", DescribeAct,
                         [](Session& s, const ActOptions& o) {
                           return Act<alert::v1::AcceptAlertRequest>(s, o, &AlertClient::AcceptAlert);
                         });
  AddCommand<ActOptions>(group, session, "reject", "Rejects an offered alert.", DescribeAct,
                         [](Session& s, const ActOptions& o) {
                           return Act<alert::v1::RejectAlertRequest>(s, o, &AlertClient::RejectAlert);
                         });
  AddCommand<ActOptions>(group, session, "resolve", "Resolves an accepted alert.", DescribeAct,
                         [](Session& s, const ActOptions& o) {
                           return Act<alert::v1::ResolveAlertRequest>(s, o, &AlertClient::ResolveAlert);
                         });
}

}  // namespace

void AddAlertCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("alert", "Alerts, as an alarm centre.");
  group.require_subcommand(1);
  AddCommand<ListOptions>(
      group, session, "list", "Lists alerts, newest first.",
      [](CLI::App& command, ListOptions& options) {
        command.add_option("--principal", options.principal, "only of this principal");
        command.add_option("--device", options.device, "only of this device");
        command.add_flag("--open", options.open, "only those that have not ended");
        command.add_option("--limit", options.limit, "at most so many")
            ->check(CLI::Range(1, 1'000'000))
            ->capture_default_str();
      },
      List);
  AddCommand<ActOptions>(
      group, session, "show", "Shows all that happened to an alert.",
      [](CLI::App& command, ActOptions& options) { command.add_option("alert", options.alert, "its id")->required(); },
      Show);
  AddActs(group, session);
  AddCommand<AttendOptions>(
      group, session, "attend", "Prints offers as they come, until Ctrl-C.",
      [](CLI::App& command, AttendOptions& options) {
        command.add_option("--receiver", options.receiver, "by default the persona");
        command.add_option("--operator", options.operator_id, "who is at work")->capture_default_str();
        command.add_option("--count", options.count, "end after so many offers");
      },
      Attend);
}

}  // namespace nara::naractl
