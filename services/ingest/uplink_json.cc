#include "ingest/uplink_json.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/time/proto_time.h"
#include "common/time/text.h"
#include "ingest/json_reader.h"

namespace nara::ingest {
namespace {

using nara::telemetry::v1::Receipt;
using nara::telemetry::v1::Record;
using nara::telemetry::v1::Status;
using nara::telemetry::v1::Uplink;

absl::Status Wrong(std::string_view name, std::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat("\"", std::string(name), "\" must be ", std::string(expected)));
}

// At most 64 bytes of UTF-8, cut between characters: a protobuf string of anything else is not read back.
std::string Shown(std::string_view name) {
  std::size_t end = std::min<std::size_t>(name.size(), 64);
  while (end < name.size() && end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
  return std::string(name.substr(0, end));
}

absl::Status Unknown(const JsonValue& value) {
  return absl::InvalidArgumentError(
      absl::StrCat("unknown name \"", Shown(value.name()), "\"; docs/formats/uplink.md lists those that exist"));
}

// Reads digits in `base`, all of them; nothing for anything else.
std::optional<std::uint64_t> Digits(std::string_view text, int base) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

absl::Status ReadWhole(const JsonValue& value, const std::function<void(std::uint64_t)>& set) {
  const auto number = value.type() == JsonType::kNumber ? Digits(value.text(), 10) : std::nullopt;
  if (!number) return Wrong(value.name(), "a whole number, 0 or more");
  set(*number);
  return absl::OkStatus();
}

absl::Status ReadEpoch(const JsonValue& value, Uplink& uplink) {
  const bool right_size = !value.text().empty() && value.text().size() <= 16;
  const auto epoch = value.type() == JsonType::kString && right_size ? Digits(value.text(), 16) : std::nullopt;
  if (!epoch || *epoch == 0) return Wrong("epoch", "1 to 16 hexadecimal digits, not all 0");
  uplink.set_epoch(*epoch);
  return absl::OkStatus();
}

absl::Status ReadText(const JsonValue& value, std::string& text) {
  if (value.type() != JsonType::kString) return Wrong(value.name(), "a string");
  text = value.text();
  return absl::OkStatus();
}

absl::Status ReadBool(const JsonValue& value, const std::function<void(bool)>& set) {
  if (value.type() != JsonType::kBool) return Wrong(value.name(), "true or false");
  set(value.text() == "true");
  return absl::OkStatus();
}

absl::Status ReadTime(const JsonValue& value, google::protobuf::Timestamp& time) {
  const absl::StatusOr<absl::Time> parsed =
      value.type() == JsonType::kString ? ParseRfc3339(value.text()) : absl::InvalidArgumentError("no string");
  if (!parsed.ok()) return Wrong(value.name(), "a time of RFC 3339 with offset, as \"2026-02-17T07:30:00+01:00\"");
  time = ToProto(*parsed);
  return absl::OkStatus();
}

absl::Status ReadValues(const JsonValue& values, Record& record) {
  if (values.type() != JsonType::kObject) return Wrong("values", "an object");
  for (const JsonValue& member : values.children()) {
    auto& value = *record.add_values();
    value.set_component(std::string(member.name()));
    if (member.type() == JsonType::kNumber) {
      value.set_decimal(std::string(member.text()));
    } else if (member.type() == JsonType::kString) {
      value.set_code(std::string(member.text()));
    } else {
      return Wrong("values", "numbers, or codes as strings");
    }
  }
  return absl::OkStatus();
}

absl::Status ReadRecordMember(const JsonValue& member, Record& record) {
  const std::string_view name = member.name();
  if (name == "seq") return ReadWhole(member, [&](std::uint64_t seq) { record.set_seq(seq); });
  if (name == "at") return ReadTime(member, *record.mutable_at());
  if (name == "kind") return ReadText(member, *record.mutable_kind());
  if (name == "values") return ReadValues(member, record);
  if (name == "episode") return ReadText(member, *record.mutable_episode());
  if (name == "test") return ReadBool(member, [&](bool test) { record.set_test(test); });
  if (name == "person") return ReadText(member, *record.mutable_person());
  return Unknown(member);
}

// Goes on after a mistake, so that the sequence of a bad record is known wherever it stands.
std::optional<Refusal> ReadRecord(const JsonValue& value, Record& record) {
  if (value.type() != JsonType::kObject) return Refusal{"bad_record", "a record must be an object"};
  std::optional<Refusal> refusal;
  for (const JsonValue& member : value.children()) {
    const absl::Status status = ReadRecordMember(member, record);
    if (status.ok() || refusal) continue;
    refusal = Refusal{member.name() == "at" ? "bad_time" : "bad_record", std::string(ToStd(status.message()))};
  }
  return refusal;
}

absl::Status ReadRecords(const JsonValue& records, DecodedUplink& decoded) {
  if (records.type() != JsonType::kArray) return Wrong("records", "an array");
  for (const JsonValue& record : records.children()) {
    decoded.refusals.push_back(ReadRecord(record, *decoded.uplink.add_records()));
  }
  return absl::OkStatus();
}

absl::Status ReadMember(const JsonValue& member, DecodedUplink& result) {
  Uplink& uplink = result.uplink;
  const std::string_view name = member.name();
  if (name == "epoch") return ReadEpoch(member, uplink);
  if (name == "from") return ReadWhole(member, [&](std::uint64_t from) { uplink.set_from(from); });
  if (name == "sent") return ReadTime(member, *uplink.mutable_sent());
  if (name == "records") return ReadRecords(member, result);
  if (name == "ref") return ReadText(member, *uplink.mutable_ref());
  return Unknown(member);
}

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void WriteText(Writer& writer, const char* name, const std::string& text) {
  writer.Key(name);
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void WriteHeld(Writer& writer, const Receipt& receipt) {
  if (receipt.held().empty()) return;
  writer.Key("held");
  writer.StartArray();
  for (const std::uint64_t seq : receipt.held()) writer.Uint64(seq);
  writer.EndArray();
}

void WriteRejected(Writer& writer, const Receipt& receipt) {
  if (receipt.rejected().empty()) return;
  writer.Key("rejected");
  writer.StartArray();
  for (const auto& rejection : receipt.rejected()) {
    writer.StartObject();
    writer.Key("seq");
    writer.Uint64(rejection.seq());
    WriteText(writer, "reason", rejection.reason());
    WriteText(writer, "detail", rejection.detail());
    writer.EndObject();
  }
  writer.EndArray();
}

}  // namespace

absl::StatusOr<DecodedUplink> ReadUplinkJson(std::string_view text) {
  absl::StatusOr<JsonDocument> document = JsonDocument::Parse(text);
  if (!document.ok()) return document.status();
  if (document->root().type() != JsonType::kObject) return absl::InvalidArgumentError("an uplink must be an object");
  DecodedUplink result;
  for (const JsonValue& member : document->root().children()) {
    if (absl::Status status = ReadMember(member, result); !status.ok()) return status;
  }
  return result;
}

absl::StatusOr<Status> ReadStatusJson(std::string_view text) {
  absl::StatusOr<JsonDocument> document = JsonDocument::Parse(text);
  if (!document.ok()) return document.status();
  if (document->root().type() != JsonType::kObject) return absl::InvalidArgumentError("a status must be an object");
  Status status;
  for (const JsonValue& member : document->root().children()) {
    absl::Status read = Unknown(member);
    if (member.name() == "online") read = ReadBool(member, [&](bool online) { status.set_online(online); });
    if (member.name() == "at") read = ReadTime(member, *status.mutable_at());
    if (member.name() == "firmware") read = ReadText(member, *status.mutable_firmware());
    if (!read.ok()) return read;
  }
  return status;
}

std::string WriteReceiptJson(const Receipt& receipt) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  WriteText(writer, "lane", receipt.lane() == nara::telemetry::v1::LANE_ALARM ? "alarm" : "measurement");
  if (receipt.epoch() != 0) WriteText(writer, "epoch", EpochText(receipt.epoch()));
  if (!receipt.ref().empty()) WriteText(writer, "ref", receipt.ref());
  writer.Key("through");
  writer.Uint64(receipt.through());
  WriteHeld(writer, receipt);
  WriteRejected(writer, receipt);
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string EpochText(std::uint64_t epoch) {
  return absl::StrFormat("%016x", epoch);
}

}  // namespace nara::ingest
