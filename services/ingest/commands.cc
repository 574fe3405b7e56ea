#include "ingest/commands.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/ascii.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "ingest/decode.h"

namespace nara::ingest {
namespace {

using nara::telemetry::v1::Command;

constexpr std::size_t kMaxKind = 63;
constexpr absl::Duration kLongest = absl::Hours(24 * 30);
constexpr std::array<std::string_view, 5> kResults = {"done", "refused", "failed", "too_late", "interrupted"};

bool IsKind(std::string_view text) {
  return !text.empty() && text.size() <= kMaxKind && absl::ascii_islower(static_cast<unsigned char>(text.front())) &&
         std::ranges::all_of(
             text, [](unsigned char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_'; });
}

absl::Status Invalid(const char* reason, const char* message) {
  return rpc::Error(absl::StatusCode::kInvalidArgument, reason, message);
}

}  // namespace

absl::Status CheckCommand(const Command& command) {
  if (command.id().empty() || !IsWord(command.id())) {
    return Invalid("BAD_COMMAND", "a command's id is 1 to 64 characters of A-Z a-z 0-9 . _ : -");
  }
  if (!IsKind(command.kind())) {
    return Invalid("BAD_COMMAND", "a command's kind is a word of a-z 0-9 _, at most 63, such as new_epoch");
  }
  if (!command.has_expires_at() || !IsTime(command.expires_at())) {
    return Invalid("BAD_COMMAND", "a command has an expires_at");
  }
  return absl::OkStatus();
}

absl::Status CheckExpiry(const Command& command, absl::Time now) {
  if (FromProto(command.expires_at()) <= now) return Invalid("EXPIRED", "expires_at must be in the future");
  if (FromProto(command.expires_at()) > now + kLongest) {
    return Invalid("EXPIRES_TOO_LATE", "a command expires within 30 days; send it again then");
  }
  return absl::OkStatus();
}

CommandAnswer ReadAnswer(const nara::telemetry::v1::Record& record) {
  if (record.kind() != kCommandAnsweredKind) return {};
  for (const auto& value : record.values()) {
    if (value.component() != kResultComponent || std::ranges::find(kResults, value.code()) == kResults.end()) continue;
    CommandAnswer answer;
    answer.id = record.episode();
    answer.result = value.code();
    return answer;
  }
  return {};
}

}  // namespace nara::ingest
