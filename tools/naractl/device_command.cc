#include <utility>

#include "absl/time/clock.h"
#include "common/rpc/error.h"
#include "common/time/pause.h"
#include "common/time/proto_time.h"
#include "common/time/text.h"
#include "tools/naractl/command.h"
#include "tools/platform/quarantine_client.h"

namespace nara::naractl {
namespace {

constexpr std::chrono::milliseconds kLook{500};

struct SendOptions {
  std::string device;
  std::string kind;
  std::string id;
  int seconds = 600;
  int wait = 0;
};

struct ShowOptions {
  std::string device;
  std::string id;
};

std::string StateOf(const ingest::v1::CommandStatus& status) {
  if (status.state() == ingest::v1::COMMAND_STATE_ANSWERED) return status.result();
  return status.state() == ingest::v1::COMMAND_STATE_EXPIRED ? "expired, not known" : "pending";
}

void Print(const Session& session, const ingest::v1::CommandStatus& status) {
  if (session.json) return PrintLine(ToJson(status));
  PrintTable({{"device", status.device()},
              {"command", status.command().id()},
              {"kind", status.command().kind()},
              {"expires", FormatRfc3339Millis(FromProto(status.command().expires_at()))},
              {"state", StateOf(status)},
              {"tries", std::to_string(status.tries())}});
}

absl::StatusOr<ingest::v1::CommandStatus> Get(tools::QuarantineClient& client, const ShowOptions& options) {
  ingest::v1::GetCommandRequest request;
  request.set_device(options.device);
  request.set_id(options.id);
  auto got = client.GetCommand(request);
  if (!got.ok()) return got.status();
  return std::move(*got->mutable_status());
}

ingest::v1::SendCommandRequest RequestOf(const SendOptions& options) {
  ingest::v1::SendCommandRequest request;
  request.set_device(options.device);
  const absl::Time now = absl::Now();
  auto& command = *request.mutable_command();
  command.set_id(options.id.empty() ? "naractl-" + std::to_string(absl::ToUnixMicros(now)) : options.id);
  command.set_kind(options.kind);
  *command.mutable_expires_at() = ToProto(now + absl::Seconds(options.seconds));
  return request;
}

absl::Status Send(Session& session, const SendOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::QuarantineClient client(call->demo.ingest, call->tls);
  const auto sent = client.SendCommand(RequestOf(options));
  if (!sent.ok()) return sent.status();
  ingest::v1::CommandStatus status = sent->status();
  const absl::Time until = absl::Now() + absl::Seconds(options.wait);
  while (status.state() == ingest::v1::COMMAND_STATE_PENDING && absl::Now() < until) {
    Pause({}, kLook);
    auto got = Get(client, {options.device, sent->id()});
    if (!got.ok()) return got.status();
    status = *std::move(got);
  }
  Print(session, status);
  return absl::OkStatus();
}

absl::Status Show(Session& session, const ShowOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::QuarantineClient client(call->demo.ingest, call->tls);
  const auto status = Get(client, options);
  if (!status.ok()) return status.status();
  Print(session, *status);
  return absl::OkStatus();
}

}  // namespace

void AddDeviceCommandCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("command", "What is asked of devices.");
  group.require_subcommand(1);
  AddCommand<SendOptions>(
      group, session, "send", "Asks something of a device, and says what became of it.",
      [](CLI::App& command, SendOptions& options) {
        command.add_option("device", options.device, "the device")->required();
        command.add_option("kind", options.kind, "what is asked: new_epoch ...")->required();
        command.add_option("--id", options.id, "the same again is the same command; by default a new one");
        command.add_option("--expires", options.seconds, "after so many seconds")->capture_default_str();
        command.add_option("--wait", options.wait, "so many seconds for the answer")->capture_default_str();
      },
      Send);
  AddCommand<ShowOptions>(
      group, session, "show", "What became of a command.",
      [](CLI::App& command, ShowOptions& options) {
        command.add_option("device", options.device, "the device")->required();
        command.add_option("id", options.id, "the command")->required();
      },
      Show);
}

}  // namespace nara::naractl
