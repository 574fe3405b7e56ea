#include "tools/load/payload.h"

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/mqtt/topics.h"
#include "common/time/proto_time.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::load {
namespace {

using telemetry::v1::Record;

constexpr int kSystolic = 120;
constexpr int kDiastolic = 80;

void AddValue(Record& record, const char* component, std::uint64_t number) {
  auto* const value = record.add_values();
  value->set_component(component);
  value->set_decimal(std::to_string(number));
}

void AddProtobuf(const PayloadOptions& options, std::uint64_t first, std::uint64_t from, std::string& out) {
  telemetry::v1::Uplink uplink;
  uplink.set_epoch(options.epoch);
  uplink.set_from(from);
  *uplink.mutable_sent() = ToProto(absl::Now());
  for (int i = 0; i < options.records; ++i) {
    const std::uint64_t seq = first + static_cast<std::uint64_t>(i);
    Record& record = *uplink.add_records();
    record.set_seq(seq);
    *record.mutable_at() = uplink.sent();
    record.set_kind(options.kind);
    if (!options.episode.empty()) {
      record.set_episode(options.episode + std::to_string(seq));
      continue;
    }
    AddValue(record, "systolic", kSystolic + seq % 40);
    AddValue(record, "diastolic", kDiastolic);
    AddValue(record, "pulse", 60 + seq % 30);
  }
  uplink.AppendToString(&out);
}

void AddJson(const PayloadOptions& options, std::uint64_t first, std::uint64_t from, std::string& out) {
  const std::string now = absl::FormatTime(absl::RFC3339_sec, absl::Now(), absl::UTCTimeZone());
  absl::StrAppendFormat(&out, R"({"epoch":"%x","from":%d,"sent":"%s","records":[)", options.epoch, from, now);
  for (int i = 0; i < options.records; ++i) {
    const std::uint64_t seq = first + static_cast<std::uint64_t>(i);
    absl::StrAppendFormat(&out,
                          R"(%s{"seq":%d,"at":"%s","kind":"%s","values":{"systolic":%d,"diastolic":%d,"pulse":%d}})",
                          i == 0 ? "" : ",", seq, now, options.kind, kSystolic + seq % 40, kDiastolic, 60 + seq % 30);
  }
  out.append("]}");
}

}  // namespace

void AddPayload(const PayloadOptions& options, std::uint64_t first, std::uint64_t from, std::string& out) {
  switch (options.form) {
    case Form::kBytes:
      out.append(options.bytes, 'x');
      return;
    case Form::kProtobuf:
      return AddProtobuf(options, first, from, out);
    case Form::kJson:
      return AddJson(options, first, from, out);
  }
}

std::optional<std::uint64_t> ThroughOf(Form form, std::string_view receipt) {
  if (form == Form::kProtobuf) {
    telemetry::v1::Receipt parsed;
    if (!parsed.ParseFromArray(receipt.data(), static_cast<int>(receipt.size()))) return std::nullopt;
    return parsed.through();
  }
  constexpr std::string_view kMember = "\"through\":";
  const std::size_t at = receipt.find(kMember);
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t through = 0;
  for (const char c : receipt.substr(at + kMember.size())) {
    if (c < '0' || c > '9') break;
    through = through * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return through;
}

std::string TopicOf(const std::string& device, Form form, bool alarm) {
  if (alarm) return BuildTopic(form == Form::kJson ? TopicKind::kAlarmJson : TopicKind::kAlarm, device);
  return BuildTopic(form == Form::kJson ? TopicKind::kUpJson : TopicKind::kUp, device);
}

}  // namespace nara::load
