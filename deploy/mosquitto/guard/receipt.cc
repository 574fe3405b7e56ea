#include "deploy/mosquitto/guard/receipt.h"

namespace nara::guard {
namespace {

constexpr std::string_view kReason = "topic_denied";
constexpr char kLaneField = 1 << 3;            // Receipt.lane, varint
constexpr char kRejectedField = (6 << 3) | 2;  // Receipt.rejected, bytes
constexpr char kReasonField = (2 << 3) | 2;    // Rejection.reason, bytes
constexpr char kDetailField = (3 << 3) | 2;    // Rejection.detail, bytes
constexpr char kMeasurementLane = 1;
constexpr char kAlarmLane = 2;

// Every text here is shorter than 128 bytes, so that a length is one byte.
std::string Bytes(char field, std::string_view value) {
  return std::string{field, static_cast<char>(value.size())}.append(value);
}

std::string AsProtobuf(bool alarm, std::string_view detail) {
  const std::string rejection = Bytes(kReasonField, kReason) + Bytes(kDetailField, detail);
  return std::string{kLaneField, alarm ? kAlarmLane : kMeasurementLane} + Bytes(kRejectedField, rejection);
}

std::string AsJson(bool alarm, std::string_view detail) {
  std::string json = R"({"lane":")";
  json.append(alarm ? "alarm" : "measurement").append(R"(","rejected":[{"reason":")").append(kReason);
  return json.append(R"(","detail":")").append(detail).append(R"("}]})");
}

}  // namespace

RefusedReceipt MakeRefusedReceipt(std::string_view device, std::string_view topic, Refusal refusal) {
  const bool alarm = IsAlarmTopic(topic);
  const std::string detail = "the guard refused the topic: " + std::string(Name(refusal));
  return {"nara/v1/" + ShardOf(device) + "/" + std::string(device) + "/receipt",
          topic.ends_with("/json") ? AsJson(alarm, detail) : AsProtobuf(alarm, detail)};
}

}  // namespace nara::guard
