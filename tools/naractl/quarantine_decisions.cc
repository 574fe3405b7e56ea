#include "tools/naractl/command.h"
#include "tools/platform/quarantine_client.h"

namespace nara::naractl {
namespace {

struct ReplayOptions {
  std::string device;
  std::string lane = "measurement";
  std::vector<std::string> ids;
};

struct DiscardOptions {
  std::vector<std::string> ids;
  std::string why;
};

ingest::v1::ReplayQuarantinedRequest RequestOf(const ReplayOptions& options) {
  ingest::v1::ReplayQuarantinedRequest request;
  request.set_device(options.device);
  request.set_lane(options.lane == "alarm" ? telemetry::v1::LANE_ALARM : telemetry::v1::LANE_MEASUREMENT);
  request.mutable_ids()->Add(options.ids.begin(), options.ids.end());
  return request;
}

void Print(const Session& session, const ingest::v1::ReplayQuarantinedResponse& response) {
  if (session.json) return PrintLine(ToJson(response));
  Table table{{"ID", "NOW", "REASON", "DETAIL"}};
  for (const std::string& id : response.replayed()) table.push_back({id, "delivered", "", ""});
  for (const auto& record : response.remaining()) {
    const bool held = record.disposition() == ingest::v1::DISPOSITION_HELD;
    table.push_back({record.id(), held ? "held" : "rejected", record.reason(), record.detail()});
  }
  PrintTable(table);
  if (response.more()) PrintLine("there are more: say the same again");
}

absl::Status Replay(Session& session, const ReplayOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  const std::string& address = options.lane == "alarm" ? call->demo.ingest_alarm : call->demo.ingest;
  const auto replayed = tools::QuarantineClient(address, call->tls).ReplayQuarantined(RequestOf(options));
  if (!replayed.ok()) return replayed.status();
  Print(session, *replayed);
  return absl::OkStatus();
}

absl::Status Discard(Session& session, const DiscardOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  ingest::v1::DiscardQuarantinedRequest request;
  request.mutable_ids()->Add(options.ids.begin(), options.ids.end());
  request.set_reason(options.why);
  const auto discarded = tools::QuarantineClient(call->demo.ingest, call->tls).DiscardQuarantined(request);
  if (!discarded.ok()) return discarded.status();
  if (session.json) {
    PrintLine(ToJson(*discarded));
    return absl::OkStatus();
  }
  for (const std::string& id : discarded->discarded()) PrintLine(id);
  return absl::OkStatus();
}

}  // namespace

void AddQuarantineDecisions(CLI::App& group, Session& session) {
  AddCommand<ReplayOptions>(
      group, session, "replay", "Delivers what is held of a device, as far as its doubt is settled.",
      [](CLI::App& command, ReplayOptions& options) {
        command.add_option("device", options.device, "the device")->required();
        command.add_option("--lane", options.lane, "by which it came: measurement or alarm")
            ->check(CLI::IsMember({"measurement", "alarm"}))
            ->capture_default_str();
        command.add_option("--id", options.ids, "only this entry; may come several times");
      },
      Replay);
  AddCommand<DiscardOptions>(
      group, session, "discard", "Closes entries that are never delivered; their payloads go.",
      [](CLI::App& command, DiscardOptions& options) {
        command.add_option("id", options.ids, "the entries")->required();
        command.add_option("--why", options.why, "for the audit")->required();
      },
      Discard);
}

}  // namespace nara::naractl
