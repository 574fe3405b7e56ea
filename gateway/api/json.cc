#include "gateway/api/json.h"

#include "common/time/proto_time.h"
#include "common/time/text.h"

namespace nara::gateway {
namespace {

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// A proto enum's name without the prefix of its type: "time_ahead" for FLAG_TIME_AHEAD.
std::string WithoutPrefix(const std::string& name, const std::string& prefix) {
  return Lower(name.starts_with(prefix) ? name.substr(prefix.size()) : name);
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  return FormatRfc3339(FromProto(time));
}

void WriteValue(Json& json, const telemetry::v1::Value& value) {
  json.Open(value.component());
  if (value.has_decimal()) json.Member("value", value.decimal());
  if (value.has_code()) json.Member("code", value.code());
  json.Optional("ucum", value.ucum());
  if (!value.sent_decimal().empty()) {
    json.Open("sent").Member("value", value.sent_decimal()).Member("ucum", value.sent_ucum()).Close();
  }
  json.Close();
}

}  // namespace

std::string StateName(alert::v1::State state) {
  return WithoutPrefix(alert::v1::State_Name(state), "STATE_");
}

void Write(Json& json, const registry::v1::Principal& principal) {
  json.Open()
      .Member("id", principal.id())
      .Member("name", principal.name())
      .Member("federation", principal.federation());
  json.Number("population", principal.population())
      .Number("tile_col", principal.tile_col())
      .Number("tile_row", principal.tile_row());
  json.Open("devices");
  for (const auto& count : principal.device_counts()) json.Number(count.group(), count.count());
  json.Close().Close();
}

void Write(Json& json, const alert::v1::Alert& alert) {
  json.Open().Member("id", alert.id()).Member("device", alert.device()).Member("product", alert.product());
  json.Member("kind", alert.kind()).Member("episode", alert.episode()).Optional("resident", alert.resident());
  json.Member("principal", alert.principal())
      .Member("unit", alert.unit())
      .Number("chain_version", alert.chain_version());
  json.Member("state", StateName(alert.state())).Number("step", alert.step()).Number("version", alert.version());
  json.Member("effective_at", TimeText(alert.effective_at())).Member("raised_at", TimeText(alert.raised_at()));
  if (alert.has_next_action_at()) json.Member("next_action_at", TimeText(alert.next_action_at()));
  json.Member("receiver", alert.receiver()).Optional("operator", alert.operator_()).Close();
}

void Write(Json& json, const alert::v1::HistoryEntry& entry) {
  json.Open().Number("version", entry.version()).Member("at", TimeText(entry.at())).Member("action", entry.action());
  json.Member("state", StateName(entry.state())).Number("step", entry.step()).Optional("receiver", entry.receiver());
  json.Optional("actor", entry.actor()).Optional("reason", entry.reason()).Close();
}

void Write(Json& json, const broker::v1::Observation& observation) {
  json.Open()
      .Member("id", observation.id())
      .Member("device", observation.device())
      .Member("product", observation.product());
  json.Member("resident", observation.resident())
      .Member("principal", observation.principal())
      .Member("unit", observation.unit());
  json.Member("kind", observation.kind()).Open("values");
  for (const auto& value : observation.values()) WriteValue(json, value);
  json.Close();
  json.Member("effective_at", TimeText(observation.effective_at()))
      .Member("received_at", TimeText(observation.received_at()));
  if (observation.has_device_at()) json.Member("device_at", TimeText(observation.device_at()));
  json.Optional("episode", observation.episode()).OpenList("flags");
  for (const int flag : observation.flags()) json.Item(WithoutPrefix(telemetry::v1::Flag_Name(flag), "FLAG_"));
  json.CloseList().Close();
}

}  // namespace nara::gateway
