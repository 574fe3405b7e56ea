#include <algorithm>
#include <stop_token>

#include "common/time/proto_time.h"
#include "common/time/text.h"
#include "tools/naractl/command.h"
#include "tools/naractl/interrupt.h"
#include "tools/naractl/list.h"
#include "tools/platform/observation_client.h"

namespace nara::naractl {
namespace {

using broker::v1::Observation;

struct ListOptions {
  std::string device;
  std::string resident;
  std::string kind;
  int limit = 20;
};

struct TailOptions {
  std::vector<std::string> kinds;
  std::string device;
  std::string cursor;
  bool from_start = false;
  int count = 0;
};

constexpr char kKind[] =
    "only of this kind: blood_pressure, body_weight, glucose, oxygen_saturation, spirometry, dose_taken, dose_missed, "
    "dose_locked_away, refill_needed, jam, tamper, battery_level, battery_low, power_lost, power_restored, "
    "command_answered, or another one of the catalogue";

std::string ValuesOf(const Observation& observation) {
  std::string text;
  for (const auto& value : observation.values()) {
    if (!text.empty()) text += ", ";
    text += value.component() + " " + (value.has_code() ? value.code() : value.decimal());
    if (!value.ucum().empty()) text += " " + value.ucum();
  }
  if (!observation.episode().empty()) text += (text.empty() ? "" : ", ") + observation.episode();
  return text;
}

std::vector<std::string> Row(const Observation& observation) {
  return {FormatRfc3339Millis(FromProto(observation.effective_at())),
          observation.device(),
          observation.resident(),
          observation.unit(),
          observation.kind(),
          ValuesOf(observation)};
}

absl::Status List(Session& session, const ListOptions& options) {
  const auto call = session.Begin("care_unit");
  if (!call.ok()) return call.status();
  broker::v1::ListObservationsRequest request;
  request.set_device(options.device);
  request.set_resident(options.resident);
  request.set_kind(options.kind);
  request.set_page_size(std::min(options.limit, 1000));
  tools::ObservationClient client(call->demo.broker, call->tls);
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    return client.ListObservations(request);
  };
  const auto items = [](const auto& page) -> const auto& { return page.observations(); };
  return PrintList(session, {{"AT", "DEVICE", "RESIDENT", "UNIT", "KIND", "VALUES"}}, ask, items, Row,
                   {.count = options.limit, .option = "--limit"});
}

void PrintOne(const Session& session, const Observation& observation) {
  if (session.json) return PrintLine(ToJson(observation));
  std::string line;
  for (const std::string& cell : Row(observation)) line += (line.empty() ? "" : "  ") + cell;
  PrintLine(line);
}

// It is to be deleted where it was kept.
void PrintOne(const Session& session, const broker::v1::Withdrawn& withdrawn) {
  if (session.json) return PrintLine(ToJson(withdrawn));
  PrintLine("withdrawn  " + withdrawn.id() + "  " + withdrawn.unit());
}

absl::Status Tail(Session& session, const TailOptions& options) {
  const auto call = session.Begin("care_unit");
  if (!call.ok()) return call.status();
  broker::v1::SubscribeRequest request;
  for (const std::string& kind : options.kinds) request.add_kinds(kind);
  request.set_cursor(options.cursor);
  request.set_from_start(options.from_start);
  std::stop_source stop;
  const Interrupt interrupt(stop);
  int printed = 0;
  tools::ObservationClient client(call->demo.broker, call->tls);
  return client.Subscribe(request, stop.get_token(), [&](const auto& response) {
    for (const auto& withdrawn : response.withdrawn()) {
      if (options.device.empty() || withdrawn.device() == options.device) PrintOne(session, withdrawn);
    }
    for (const auto& observation : response.observations()) {
      if (!options.device.empty() && observation.device() != options.device) continue;
      if (options.count > 0 && printed == options.count) break;
      PrintOne(session, observation);
      ++printed;
    }
    if (options.count > 0 && printed == options.count) stop.request_stop();
  });
}

}  // namespace

void AddObservationCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("observation", "What devices measured, as a care unit.");
  group.require_subcommand(1);
  AddCommand<ListOptions>(
      group, session, "list", "Lists history, newest first.",
      [](CLI::App& command, ListOptions& options) {
        command.add_option("--device", options.device, "only of this device");
        command.add_option("--resident", options.resident, "only of this resident");
        command.add_option("--kind", options.kind, kKind);
        command.add_option("--limit", options.limit, "at most so many")
            ->check(CLI::Range(1, 1'000'000))
            ->capture_default_str();
      },
      List);
  AddCommand<TailOptions>(
      group, session, "tail", "Prints observations as they come, until Ctrl-C.",
      [](CLI::App& command, TailOptions& options) {
        command.add_option("--kind", options.kinds, std::string(kKind) + "; also several");
        command.add_option("--device", options.device, "only of this device");
        command.add_option("--cursor", options.cursor, "resume after it");
        command.add_flag("--from-start", options.from_start, "all history first");
        command.add_option("--count", options.count, "end after so many");
      },
      Tail);
}

}  // namespace nara::naractl
