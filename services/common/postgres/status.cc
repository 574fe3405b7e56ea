#include "common/postgres/status.h"

#include <optional>
#include <string>

#include "absl/strings/cord.h"
#include "common/postgres/connection.h"

namespace nara {
namespace {

constexpr const char* kSqlStateUrl = "nara/sqlstate";
constexpr const char* kConstraintUrl = "nara/constraint";

absl::StatusCode CodeOf(std::string_view state) {
  if (state == "23505") return absl::StatusCode::kAlreadyExists;
  if (state == "40001" || state == "40P01") return absl::StatusCode::kAborted;
  if (state == "42501") return absl::StatusCode::kPermissionDenied;
  if (state == "57014") return absl::StatusCode::kDeadlineExceeded;
  if (state == "55P03") return absl::StatusCode::kAborted;
  if (state == "P0001" || state.starts_with("23")) return absl::StatusCode::kFailedPrecondition;
  if (state.starts_with("22")) return absl::StatusCode::kInvalidArgument;
  if (state == "53300" || state.starts_with("08") || state.starts_with("57P")) return absl::StatusCode::kUnavailable;
  if (state.starts_with("53")) return absl::StatusCode::kResourceExhausted;
  return absl::StatusCode::kInternal;
}

std::string PayloadOf(const absl::Status& status, const char* url) {
  const auto payload = status.GetPayload(url);
  return payload ? std::string(*payload) : std::string();
}

}  // namespace

absl::Status StatusOfSqlState(std::string_view sqlstate, std::string_view message, std::string_view constraint,
                              std::string_view statement) {
  std::string text = "postgres: ";
  text.append(message).append(" (").append(sqlstate).append(") in: ").append(statement);
  absl::Status status(CodeOf(sqlstate), text);
  status.SetPayload(kSqlStateUrl, absl::Cord(absl::string_view(sqlstate.data(), sqlstate.size())));
  if (!constraint.empty())
    status.SetPayload(kConstraintUrl, absl::Cord(absl::string_view(constraint.data(), constraint.size())));
  return status;
}

std::string SqlState(const absl::Status& status) {
  return PayloadOf(status, kSqlStateUrl);
}

std::string ConstraintOf(const absl::Status& status) {
  return PayloadOf(status, kConstraintUrl);
}

}  // namespace nara
