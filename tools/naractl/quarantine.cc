#include <algorithm>

#include "common/time/proto_time.h"
#include "common/time/text.h"
#include "ingest/refusal.h"
#include "tools/naractl/command.h"
#include "tools/naractl/list.h"
#include "tools/platform/quarantine_client.h"

namespace nara::naractl {
namespace {

struct ListOptions {
  std::string device;
  std::string reason;
  bool settled = false;
  int limit = 50;
};

struct ShowOptions {
  std::string id;
};

std::string DispositionOf(const ingest::v1::Quarantined& record) {
  if (record.settlement() == ingest::v1::SETTLEMENT_REPLAYED) return "replayed";
  if (record.settlement() == ingest::v1::SETTLEMENT_DISCARDED) return "discarded";
  return record.disposition() == ingest::v1::DISPOSITION_HELD ? "held" : "rejected";
}

std::vector<std::string> Row(const ingest::v1::Quarantined& record) {
  return {record.id(),     FormatRfc3339Millis(FromProto(record.received_at())),
          record.device(), std::to_string(record.seq()),
          record.reason(), DispositionOf(record)};
}

absl::Status List(Session& session, const ListOptions& options) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  ingest::v1::ListQuarantineRequest request;
  request.set_device(options.device);
  request.set_reason(options.reason);
  request.set_with_settled(options.settled);
  request.set_page_size(std::min(options.limit, 1000));
  tools::QuarantineClient client(call->demo.ingest, call->tls);
  std::string total;
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    auto page = client.ListQuarantine(request);
    if (page.ok()) total = std::to_string(page->total());
    return page;
  };
  const auto items = [](const auto& page) -> const auto& { return page.records(); };
  const absl::Status status = PrintList(session, {{"ID", "RECEIVED", "DEVICE", "SEQ", "REASON", "STATE"}}, ask, items,
                                        Row, {.count = options.limit, .option = "--limit"});
  if (status.ok() && !session.json) PrintLine(total + " in all");
  return status;
}

absl::Status Show(Session& session, const ShowOptions& options) {
  const auto call = session.Begin("care_unit");
  if (!call.ok()) return call.status();
  ingest::v1::GetQuarantinedRequest request;
  request.set_id(options.id);
  const auto got = tools::QuarantineClient(call->demo.ingest, call->tls).GetQuarantined(request);
  if (!got.ok()) return got.status();
  if (session.json) {
    PrintLine(ToJson(got->record()));
    return absl::OkStatus();
  }
  const auto& record = got->record();
  PrintTable({{"device", record.device()},
              {"sequence", std::to_string(record.seq())},
              {"reason", record.reason()},
              {"detail", record.detail()},
              {"state", DispositionOf(record)},
              {"payload", std::to_string(record.payload().size()) + " bytes (see --json)"}});
  return absl::OkStatus();
}

}  // namespace

void AddQuarantineCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("quarantine", "What came in and was not delivered.");
  group.require_subcommand(1);
  AddCommand<ListOptions>(
      group, session, "list", "Lists it, newest first.",
      [](CLI::App& command, ListOptions& options) {
        command.add_option("--device", options.device, "only of this device");
        command.add_option("--reason", options.reason, "only with this reason")
            ->check(CLI::IsMember(ingest::AllReasons()));
        command.add_flag("--settled", options.settled, "those too that were replayed or discarded");
        command.add_option("--limit", options.limit, "at most so many")
            ->check(CLI::Range(1, 1'000'000))
            ->capture_default_str();
      },
      List);
  AddCommand<ShowOptions>(
      group, session, "show", "Shows one with its payload; the look is audited.",
      [](CLI::App& command, ShowOptions& options) { command.add_option("id", options.id, "its id")->required(); },
      Show);
  AddQuarantineDecisions(group, session);
}

}  // namespace nara::naractl
