#include <algorithm>
#include <cctype>
#include <charconv>

#include "common/time/proto_time.h"
#include "common/time/text.h"
#include "tools/naractl/command.h"
#include "tools/naractl/list.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

namespace v1 = registry::v1;

struct MoveOptions {
  std::string device, event, reason, at, id;
  std::string order, training_on, place, store_owner, store_level, store_unit, way, replaced_by;
  bool cleared = false;
};

struct HistoryOptions {
  std::string device;
};

struct ConfirmOptions {
  std::string device, assignment, epoch, at;
  std::uint64_t seq = 0;
};

// "put_in_use" of DEVICE_EVENT_PUT_IN_USE.
std::string Short(const std::string& name, std::size_t prefix) {
  std::string text = name.substr(std::min(prefix, name.size()));
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// The value of an enum by its short name; empty is the unset one.
template <typename Enum, typename Parse>
absl::Status Set(const std::string& what, const std::string& prefix, const std::string& text, Parse parse,
                 Enum& value) {
  if (text.empty()) return absl::OkStatus();
  std::string name = prefix + text;
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
  if (parse(name, &value)) return absl::OkStatus();
  return absl::InvalidArgumentError(what + " is not one of docs/formats/device-life.md");
}

absl::Status SetTime(const std::string& text, google::protobuf::Timestamp* time) {
  if (text.empty()) return absl::OkStatus();
  const absl::StatusOr<absl::Time> parsed = ParseRfc3339(text);
  if (parsed.ok()) *time = ToProto(*parsed);
  return parsed.status();
}

absl::StatusOr<v1::MoveDetails> DetailsOf(const MoveOptions& options) {
  v1::MoveDetails details;
  v1::DeliveryPlace place{};
  v1::StoreLevel level{};
  v1::ReturnWay way{};
  absl::Status status = Set("--place", "delivery_place_", options.place, v1::DeliveryPlace_Parse, place);
  if (status.ok()) status = Set("--store-level", "store_level_", options.store_level, v1::StoreLevel_Parse, level);
  if (status.ok()) status = Set("--way", "return_way_", options.way, v1::ReturnWay_Parse, way);
  if (!status.ok()) return status;
  details.set_order(options.order);
  details.set_training_on(options.training_on);
  details.set_place(place);
  details.set_way(way);
  details.set_cleared(options.cleared);
  details.set_replaced_by(options.replaced_by);
  if (options.store_owner.empty() && options.store_level.empty() && options.store_unit.empty()) return details;
  details.mutable_store()->set_owner(options.store_owner);
  details.mutable_store()->set_level(level);
  details.mutable_store()->set_unit(options.store_unit);
  return details;
}

absl::Status Move(Session& session, const MoveOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  v1::GetDeviceRequest get;
  get.set_device(options.device);
  const auto known = registry.GetDevice(get);
  if (!known.ok()) return known.status();
  const auto details = DetailsOf(options);
  if (!details.ok()) return details.status();
  v1::MoveDeviceRequest request;
  request.set_move(options.id);
  request.set_device(options.device);
  request.set_revision(known->device().revision());
  request.set_reason(options.reason);
  if (details->ByteSizeLong() > 0) *request.mutable_details() = *details;
  v1::DeviceEvent event{};
  absl::Status status = Set("event", "device_event_", options.event, v1::DeviceEvent_Parse, event);
  if (status.ok() && !options.at.empty()) status = SetTime(options.at, request.mutable_at());
  if (!status.ok()) return status;
  request.set_event(event);
  const auto moved = registry.MoveDevice(request);
  if (!moved.ok()) return moved.status();
  PrintLine(session.json
                ? ToJson(*moved)
                : "device " + options.device + " is " + Short(v1::DeviceState_Name(moved->device().state()), 13));
  return absl::OkStatus();
}

absl::Status History(Session& session, const HistoryOptions& options) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  v1::ListDeviceHistoryRequest request;
  request.set_device(options.device);
  request.set_page_size(1000);
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    return registry.ListDeviceHistory(request);
  };
  const auto items = [](const auto& page) -> const auto& { return page.moves(); };
  return PrintList(session, {{"WHEN", "EVENT", "STATE", "LEAD DAYS", "WHO", "WHY"}}, ask, items,
                   [](const v1::DeviceMove& move) -> std::vector<std::string> {
                     return {FormatRfc3339(FromProto(move.at())),
                             Short(v1::DeviceEvent_Name(move.event()), 13),
                             Short(v1::DeviceState_Name(move.to()), 13),
                             move.has_lead_working_days() ? std::to_string(move.lead_working_days()) : "",
                             move.actor(),
                             move.reason()};
                   });
}

absl::Status Confirm(Session& session, const ConfirmOptions& options) {
  std::uint64_t epoch = 0;
  const char* const end = options.epoch.data() + options.epoch.size();
  const auto [stop, error] = std::from_chars(options.epoch.data(), end, epoch, 16);
  if (error != std::errc() || stop != end) return absl::InvalidArgumentError("--epoch is up to 16 hexadecimal digits");
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  v1::ConfirmTestRequest request;
  request.set_device(options.device);
  request.set_assignment(options.assignment);
  request.mutable_test()->set_epoch(epoch);
  request.mutable_test()->set_seq(options.seq);
  const std::string at = options.at.empty() ? FormatRfc3339(absl::Now()) : options.at;
  if (absl::Status status = SetTime(at, request.mutable_test()->mutable_at()); !status.ok()) return status;
  const auto done = tools::RegistryClient(call->demo.registry, call->tls, call->reason).ConfirmTest(request);
  if (!done.ok()) return done.status();
  PrintLine(session.json
                ? ToJson(done->device())
                : "device " + options.device + " is " + Short(v1::DeviceState_Name(done->device().state()), 13));
  return absl::OkStatus();
}

void DescribeMove(CLI::App& command, MoveOptions& options) {
  command.add_option("id", options.device, "the device")->required();
  command.add_option("event", options.event, "order, deliver, return ... (docs/formats/device-life.md)")->required();
  command.add_option("--reason", options.reason, "why")->required();
  command.add_option("--at", options.at, "when, RFC 3339; by default now");
  command.add_option("--move", options.id, "id of the move, so that a retry is no second one");
  command.add_option("--order", options.order, "number of the order");
  command.add_option("--training-on", options.training_on, "day of the training");
  command.add_option("--place", options.place, "home, pick_up_point or buffer_store");
  command.add_option("--store-owner", options.store_owner, "principal of the buffer store");
  command.add_option("--store-level", options.store_level, "unit, principal or shared");
  command.add_option("--store-unit", options.store_unit, "unit of the buffer store");
  command.add_option("--way", options.way, "left_at_unit, fetched or pick_up_point");
  command.add_flag("--cleared", options.cleared, "pairing and data on it are gone");
  command.add_option("--replaced-by", options.replaced_by, "the device that took its place");
}

void DescribeConfirm(CLI::App& command, ConfirmOptions& options) {
  command.add_option("id", options.device, "the device")->required();
  command.add_option("--assignment", options.assignment, "that it is verified for")->required();
  command.add_option("--epoch", options.epoch, "of the test event, in hexadecimal")->required();
  command.add_option("--seq", options.seq, "of the test event")->required();
  command.add_option("--at", options.at, "when it was made; by default now");
}

}  // namespace

void AddLifeCommands(CLI::App& group, Session& session) {
  AddCommand<MoveOptions>(group, session, "move", "Moves a device on its way.", DescribeMove, Move);
  AddCommand<HistoryOptions>(
      group, session, "history", "Shows where a device has been.",
      [](CLI::App& command, HistoryOptions& options) {
        command.add_option("id", options.device, "the device")->required();
      },
      History);
  AddCommand<ConfirmOptions>(group, session, "confirm", "Says that a test event has come the whole way.",
                             DescribeConfirm, Confirm);
}

}  // namespace nara::naractl
