#include "ingest/decode.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/redis/appender.h"
#include "common/time/proto_time.h"
#include "common/time/text.h"
#include "ingest/uplink_json.h"

namespace nara::ingest {
namespace {

using nara::telemetry::v1::Record;
using nara::telemetry::v1::Status;
using nara::telemetry::v1::Uplink;

constexpr std::size_t kMaxText = 64;

std::optional<Refusal> CheckSequence(const Record& record, bool has_epoch) {
  if (!has_epoch && record.seq() != 0) return Refusal{"bad_sequence", "a record has a sequence, its uplink no epoch"};
  if (has_epoch && record.seq() == 0)
    return Refusal{"bad_sequence", "an uplink with an epoch numbers its records from 1"};
  if (record.seq() > kMaxSequence) return Refusal{"bad_sequence", "a sequence is at most 2^53 - 1"};
  return std::nullopt;
}

std::optional<Refusal> CheckForm(const Record& record, bool has_epoch) {
  if (auto refusal = CheckSequence(record, has_epoch)) return refusal;
  if (record.has_at() && !IsTime(record.at())) return Refusal{"bad_time", "at lies outside of the years 1 to 9999"};
  if (!IsWord(record.episode()))
    return Refusal{"bad_episode", "an episode is at most 64 characters of A-Z a-z 0-9 . _ : -"};
  if (!IsWord(record.person()))
    return Refusal{"bad_person", "a person is at most 64 characters of A-Z a-z 0-9 . _ : -"};
  return std::nullopt;
}

std::optional<Refusal> CheckWhole(const Uplink& uplink) {
  if (uplink.records().empty()) return Refusal{"no_records", "an uplink carries at least one record"};
  if (uplink.records_size() > kMaxRecords) {
    return Refusal{"too_many_records", absl::StrCat("an uplink carries at most ", kMaxRecords, " records")};
  }
  if (uplink.ref().size() > kMaxText) return Refusal{"unreadable", "a ref is at most 64 bytes"};
  if (uplink.from() > kMaxSequence) return Refusal{"unreadable", "from is at most 2^53 - 1"};
  if (uplink.has_sent() && !IsTime(uplink.sent()))
    return Refusal{"unreadable", "sent lies outside of the years 1 to 9999"};
  return std::nullopt;
}

DecodeResult Check(DecodedUplink decoded) {
  if (auto refusal = CheckWhole(decoded.uplink)) return {std::move(refusal), {}};
  const Uplink& uplink = decoded.uplink;
  decoded.refusals.resize(static_cast<std::size_t>(uplink.records_size()));
  for (std::size_t i = 0; i < decoded.refusals.size(); ++i) {
    if (decoded.refusals[i]) continue;
    decoded.refusals[i] = CheckForm(uplink.records(static_cast<int>(i)), uplink.epoch() != 0);
  }
  return {std::nullopt, std::move(decoded)};
}

}  // namespace

bool IsWord(std::string_view text) {
  return text.size() <= kMaxText && std::ranges::all_of(text, [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                  c == ':' || c == '-';
         });
}

DecodeResult CheckUplink(Uplink uplink) {
  return Check({std::move(uplink), {}});
}

DecodeResult DecodeUplink(std::string_view payload, Encoding encoding) {
  if (payload.size() > kMaxPayloadBytes) {
    return {Refusal{"too_large",
                    absl::StrCat("a payload is at most ", kMaxPayloadBytes, " bytes, this one has ", payload.size())},
            {}};
  }
  if (encoding == Encoding::kJson) {
    absl::StatusOr<DecodedUplink> json = ReadUplinkJson(payload);
    if (!json.ok()) return {Refusal{"unreadable", std::string(ToStd(json.status().message()))}, {}};
    return Check(*std::move(json));
  }
  DecodedUplink decoded;
  if (!decoded.uplink.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return {Refusal{"unreadable", "not a nara.telemetry.v1.Uplink"}, {}};
  }
  return Check(std::move(decoded));
}

absl::StatusOr<Status> DecodeStatus(std::string_view payload) {
  if (payload.size() > kMaxPayloadBytes) return absl::InvalidArgumentError("too large");
  if (payload.starts_with('{')) return ReadStatusJson(payload);
  Status status;
  if (!status.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return absl::InvalidArgumentError("not a nara.telemetry.v1.Status");
  }
  if (status.firmware().size() > kMaxText) return absl::InvalidArgumentError("firmware is at most 64 bytes");
  return status;
}

}  // namespace nara::ingest
