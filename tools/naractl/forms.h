// Forms of options that several commands have.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/generated_enum_reflection.h"
#include "google/protobuf/timestamp.pb.h"

namespace nara::naractl {

// A day in Stockholm, "2026-02-17", or a time with its offset.
absl::StatusOr<google::protobuf::Timestamp> TimeOf(const std::string& text);

// Days are shown as such; empty for an absent one.
std::string TextOf(bool has, const google::protobuf::Timestamp& time);

// start_at from `from`, and end_at from `until` unless that is empty or "open".
template <typename Message>
absl::Status SetPeriod(const std::string& from, const std::string& until, Message& message) {
  const auto start = TimeOf(from);
  if (!start.ok()) return start.status();
  *message.mutable_start_at() = *start;
  if (until.empty() || until == "open") return absl::OkStatus();
  const auto end = TimeOf(until);
  if (!end.ok()) return end.status();
  *message.mutable_end_at() = *end;
  return absl::OkStatus();
}

// What a change of `known` keeps: its revision, and its end when `until` says nothing.
template <typename Message>
void KeepOf(const Message& known, const std::string& until, Message& message) {
  message.set_revision(known.revision());
  if (until.empty() && known.has_end_at()) *message.mutable_end_at() = known.end_at();
}

// The number of the value whose name is `prefix` and `word`, in whichever case;
// InvalidArgument lists the words that there are.
absl::StatusOr<int> NumberOf(const google::protobuf::EnumDescriptor& values, const std::string& prefix,
                             const std::string& word);

// "home_help" -> UNIT_KIND_HOME_HELP, for the prefix "UNIT_KIND_".
template <typename Enum>
absl::StatusOr<Enum> EnumOf(const std::string& prefix, const std::string& word) {
  const auto number = NumberOf(*google::protobuf::GetEnumDescriptor<Enum>(), prefix, word);
  if (!number.ok()) return number.status();
  return static_cast<Enum>(*number);
}

// The other way.
std::string WordOf(const std::string& prefix, const std::string& name);

}  // namespace nara::naractl
