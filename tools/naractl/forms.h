// Forms of options that several commands have.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/timestamp.pb.h"

namespace nara::naractl {

// A day in Stockholm, "2026-02-17", or a time with its offset.
absl::StatusOr<google::protobuf::Timestamp> TimeOf(const std::string& text);

// Days are shown as such; empty for an absent one.
std::string TextOf(bool has, const google::protobuf::Timestamp& time);

// start_at from `from`, and end_at from `until` unless that is empty.
template <typename Message>
absl::Status SetPeriod(const std::string& from, const std::string& until, Message& message) {
  const auto start = TimeOf(from);
  if (!start.ok()) return start.status();
  *message.mutable_start_at() = *start;
  if (until.empty()) return absl::OkStatus();
  const auto end = TimeOf(until);
  if (!end.ok()) return end.status();
  *message.mutable_end_at() = *end;
  return absl::OkStatus();
}

// "home_help" -> UNIT_KIND_HOME_HELP, for the prefix "UNIT_KIND_"; `parse` is the
// enumeration's own.
template <typename Enum>
absl::StatusOr<Enum> EnumOf(const std::string& prefix, const std::string& word,
                            bool (*parse)(const std::string&, Enum*)) {
  std::string name = prefix;
  for (const char c : word) name.push_back(static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c));
  Enum value{};
  if (!parse(name, &value)) {
    return absl::InvalidArgumentError("\"" + word + "\" is none of them; docs/using/naractl.md lists them");
  }
  return value;
}

// The other way.
std::string WordOf(const std::string& prefix, const std::string& name);

}  // namespace nara::naractl
