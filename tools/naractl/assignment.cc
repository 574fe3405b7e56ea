#include "common/time/proto_time.h"
#include "common/time/text.h"
#include "tools/naractl/command.h"
#include "tools/naractl/forms.h"
#include "tools/platform/responsibility_client.h"

namespace nara::naractl {
namespace {

using google::protobuf::Timestamp;
using registry::v1::Assignment;

struct GetOptions {
  std::string assignment;
  uint64_t believed = 0;
};

struct WhoOptions {
  std::string device;
  std::string purpose = "CARE";
  std::string at;
  std::string believed_at;
};

struct TransferOptions {
  std::string assignment;
  std::string purpose = "CARE";
  std::string unit;
  std::string since;
};

struct CorrectOptions {
  std::string assignment;
  uint64_t revision = 0;
  std::string resident;
  std::string start;
  std::string end;
  std::vector<std::string> care;
  std::vector<std::string> alarm;
};

struct AwayOptions {
  std::string assignment;
  std::string kind = "HOSPITAL";
  std::string id;
  std::string from;
  std::string until;
};

struct BackOptions {
  std::string absence;
  std::string at;
};

struct CostOptions {
  std::string assignment;
  std::string at;
};

// Sets a time when one is given.
absl::Status SetTime(const std::string& text, const std::function<Timestamp*()>& field) {
  if (text.empty()) return absl::OkStatus();
  const absl::StatusOr<absl::Time> time = ParseRfc3339(text);
  if (!time.ok()) return time.status();
  *field() = ToProto(*time);
  return absl::OkStatus();
}

std::string Time(const Timestamp& time) {
  return FormatRfc3339Millis(FromProto(time));
}

void Print(const Session& session, const Assignment& assignment, uint64_t revision) {
  if (session.json) return PrintLine(ToJson(assignment));
  const std::string user =
      assignment.unit().empty() ? "resident " + assignment.resident() : "residents of " + assignment.unit();
  PrintLine("assignment " + assignment.id() + ": device " + assignment.device() + ", " + user + ", from " +
            Time(assignment.start_at()) + (assignment.has_end_at() ? " to " + Time(assignment.end_at()) : "") +
            ", revision " + std::to_string(revision));
  Table table{{"PURPOSE", "SINCE", "PRINCIPAL", "UNIT"}};
  for (const auto& point : assignment.responsibilities()) {
    table.push_back({Purpose_Name(point.purpose()).substr(8), Time(point.since()), point.principal(), point.unit()});
  }
  PrintTable(table);
}

absl::Status Get(Session& session, const GetOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  registry::v1::GetAssignmentRequest request;
  request.set_assignment(options.assignment);
  if (options.believed > 0) request.mutable_belief()->set_revision(options.believed);
  const auto got = tools::ResponsibilityClient(call->demo.registry, call->tls, call->reason).Call(request);
  if (!got.ok()) return got.status();
  // With the revision, which a correction names.
  session.json ? PrintLine(ToJson(*got)) : Print(session, got->assignment(), got->revision());
  return absl::OkStatus();
}

absl::Status Who(Session& session, const WhoOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  const auto purpose = EnumOf<registry::v1::Purpose>("PURPOSE_", options.purpose);
  if (!purpose.ok()) return purpose.status();
  registry::v1::GetResponsibilityRequest request;
  request.set_device(options.device);
  request.set_purpose(*purpose);
  absl::Status times = SetTime(options.at, [&] { return request.mutable_at(); });
  if (times.ok()) times = SetTime(options.believed_at, [&] { return request.mutable_belief()->mutable_at(); });
  if (!times.ok()) return times;
  const auto got = tools::ResponsibilityClient(call->demo.registry, call->tls, call->reason).Call(request);
  if (!got.ok()) return got.status();
  if (session.json) {
    PrintLine(ToJson(*got));
    return absl::OkStatus();
  }
  PrintTable({{"ASSIGNMENT", "RESIDENT", "PRINCIPAL", "UNIT"},
              {got->assignment(), got->resident(), got->responsibility().principal(), got->responsibility().unit()}});
  return absl::OkStatus();
}

absl::Status Transfer(Session& session, const TransferOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  const auto purpose = EnumOf<registry::v1::Purpose>("PURPOSE_", options.purpose);
  if (!purpose.ok()) return purpose.status();
  registry::v1::TransferResponsibilityRequest request;
  request.set_assignment(options.assignment);
  request.set_purpose(*purpose);
  request.set_unit(options.unit);
  if (absl::Status s = SetTime(options.since, [&] { return request.mutable_since(); }); !s.ok()) return s;
  const auto done = tools::ResponsibilityClient(call->demo.registry, call->tls, call->reason).Call(request);
  if (!done.ok()) return done.status();
  PrintLine(session.json ? ToJson(done->assignment()) : options.unit + " answers for " + options.purpose);
  return absl::OkStatus();
}

absl::Status End(Session& session, const BackOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  registry::v1::EndAssignmentRequest request;
  request.set_assignment(options.absence);
  if (absl::Status s = SetTime(options.at, [&] { return request.mutable_end_at(); }); !s.ok()) return s;
  const auto done = tools::ResponsibilityClient(call->demo.registry, call->tls, call->reason).Call(request);
  if (!done.ok()) return done.status();
  PrintLine(session.json ? ToJson(done->assignment()) : "ended " + Time(done->assignment().end_at()));
  return absl::OkStatus();
}

// Change points "2026-02-17T00:00:00+01:00=care-1480-2", all of a purpose.
absl::Status AddPoints(const std::vector<std::string>& texts, registry::v1::Purpose purpose, Assignment& assignment) {
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) return absl::InvalidArgumentError("\"" + text + "\" is not TIME=UNIT");
    auto& point = *assignment.add_responsibilities();
    point.set_purpose(purpose);
    point.set_unit(text.substr(equals + 1));
    const auto since = TimeOf(text.substr(0, equals));
    if (!since.ok()) return since.status();
    *point.mutable_since() = *since;
  }
  return absl::OkStatus();
}

absl::Status Correct(Session& session, const CorrectOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  registry::v1::CorrectAssignmentRequest request;
  Assignment& wanted = *request.mutable_assignment();
  wanted.set_id(options.assignment);
  request.set_revision(options.revision);
  wanted.set_resident(options.resident);
  absl::Status times = SetTime(options.start, [&] { return wanted.mutable_start_at(); });
  if (times.ok()) times = SetTime(options.end, [&] { return wanted.mutable_end_at(); });
  if (times.ok()) times = AddPoints(options.care, registry::v1::PURPOSE_CARE, wanted);
  if (times.ok()) times = AddPoints(options.alarm, registry::v1::PURPOSE_ALARM, wanted);
  if (!times.ok()) return times;
  if (wanted.responsibilities_size() > 0) request.mutable_update_mask()->add_paths("responsibilities");
  if (!options.resident.empty()) request.mutable_update_mask()->add_paths("resident");
  if (wanted.has_start_at()) request.mutable_update_mask()->add_paths("start_at");
  if (wanted.has_end_at()) request.mutable_update_mask()->add_paths("end_at");
  const auto done = tools::ResponsibilityClient(call->demo.registry, call->tls, call->reason).Call(request);
  if (!done.ok()) return done.status();
  Print(session, done->assignment(), done->revision());
  return absl::OkStatus();
}

absl::Status Away(Session& session, const AwayOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  registry::v1::PutAbsenceRequest request;
  request.set_assignment(options.assignment);
  registry::v1::Absence& absence = *request.mutable_absence();
  absence.set_id(options.id);
  const auto kind = EnumOf<registry::v1::AbsenceKind>("ABSENCE_KIND_", options.kind);
  if (!kind.ok()) return kind.status();
  absence.set_kind(*kind);
  absl::Status times = SetTime(options.from, [&] { return absence.mutable_start_at(); });
  if (times.ok()) times = SetTime(options.until, [&] { return absence.mutable_end_at(); });
  if (!times.ok()) return times;
  const auto done = tools::ResponsibilityClient(call->demo.registry, call->tls, call->reason).Call(request);
  if (!done.ok()) return done.status();
  PrintLine(session.json ? ToJson(done->absence()) : "absence " + done->absence().id());
  return absl::OkStatus();
}

absl::Status Back(Session& session, const BackOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  registry::v1::EndAbsenceRequest request;
  request.set_absence(options.absence);
  if (absl::Status s = SetTime(options.at, [&] { return request.mutable_end_at(); }); !s.ok()) return s;
  const auto done = tools::ResponsibilityClient(call->demo.registry, call->tls, call->reason).Call(request);
  if (!done.ok()) return done.status();
  PrintLine(session.json ? ToJson(done->absence()) : "back since " + Time(done->absence().end_at()));
  return absl::OkStatus();
}

absl::Status Cost(Session& session, const CostOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  registry::v1::GetCostRequest request;
  request.set_assignment(options.assignment);
  if (absl::Status s = SetTime(options.at, [&] { return request.mutable_at(); }); !s.ok()) return s;
  const auto got = tools::ResponsibilityClient(call->demo.registry, call->tls, call->reason).Call(request);
  if (!got.ok()) return got.status();
  const auto& cost = got->cost();
  session.json ? PrintLine(ToJson(cost))
               : PrintTable({{"PAYER", "BY", "REASON"},
                             {cost.payer(), cost.rule().empty() ? cost.exception() : cost.rule(), cost.reason()}});
  return absl::OkStatus();
}

void DescribeWho(CLI::App& command, WhoOptions& options) {
  command.add_option("device", options.device, "the device")->required();
  command.add_option("--purpose", options.purpose, "care or alarm");
  command.add_option("--at", options.at, "an instant, RFC 3339; by default now");
  command.add_option("--believed-at", options.believed_at, "as it was believed then");
}

void DescribeTransfer(CLI::App& command, TransferOptions& options) {
  command.add_option("id", options.assignment, "the assignment")->required();
  command.add_option("--unit", options.unit, "takes over")->required();
  command.add_option("--purpose", options.purpose, "care or alarm");
  command.add_option("--since", options.since, "RFC 3339; by default now");
}

void DescribeCorrect(CLI::App& command, CorrectOptions& options) {
  command.add_option("id", options.assignment, "the assignment")->required();
  command.add_option("--revision", options.revision, "that get showed")->required();
  command.add_option("--resident", options.resident, "who it was");
  command.add_option("--start", options.start, "when it began, RFC 3339");
  command.add_option("--end", options.end, "when it ended, RFC 3339");
  command.add_option("--care", options.care, "who answered for CARE: each TIME=UNIT, all of them");
  command.add_option("--alarm", options.alarm, "who answered for ALARM, likewise");
}

void DescribeAway(CLI::App& command, AwayOptions& options) {
  command.add_option("id", options.assignment, "the assignment")->required();
  command.add_option("--kind", options.kind, "hospital, leave or other");
  command.add_option("--absence", options.id, "id of the absence; by default given by the registry");
  command.add_option("--from", options.from, "RFC 3339; by default now");
  command.add_option("--until", options.until, "RFC 3339; by default nobody knows");
}

void DescribeAt(CLI::App& command, const char* what, std::string& id, std::string& at) {
  command.add_option("id", id, what)->required();
  command.add_option("--at", at, "RFC 3339; by default now");
}

}  // namespace

void AddAssignmentCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("assignment", "Who answers for whom, from when.");
  group.require_subcommand(1);
  AddCommand<GetOptions>(
      group, session, "get", "Shows an assignment with its change points.",
      [](CLI::App& command, GetOptions& options) {
        command.add_option("id", options.assignment, "the assignment")->required();
        command.add_option("--believed", options.believed, "as it was believed at this revision");
      },
      Get);
  AddCommand<WhoOptions>(group, session, "who", "Who answered for a device at an instant.", DescribeWho, Who);
  AddCommand<TransferOptions>(group, session, "transfer", "Another unit of one's own answers.", DescribeTransfer,
                              Transfer);
  AddCommand<CorrectOptions>(group, session, "correct", "Sets right what was wrong.", DescribeCorrect, Correct);
  AddCommand<BackOptions>(
      group, session, "end", "Ends an assignment.",
      [](CLI::App& command, BackOptions& options) {
        DescribeAt(command, "the assignment", options.absence, options.at);
      },
      End);
  AddCommand<AwayOptions>(group, session, "away", "The resident is away.", DescribeAway, Away);
  AddCommand<BackOptions>(
      group, session, "back", "The resident is back.",
      [](CLI::App& command, BackOptions& options) { DescribeAt(command, "the absence", options.absence, options.at); },
      Back);
  AddCommand<CostOptions>(
      group, session, "cost", "Who pays, and why.",
      [](CLI::App& command, CostOptions& options) {
        DescribeAt(command, "the assignment", options.assignment, options.at);
      },
      Cost);
  AddCostCommands(group, session);
}

}  // namespace nara::naractl
