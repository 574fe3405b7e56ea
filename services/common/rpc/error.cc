#include "common/rpc/error.h"

#include "absl/strings/cord.h"
#include "common/log/log.h"
#include "common/rpc/error_wire.pb.h"
#include "common/time/text.h"

namespace nara::rpc {
namespace {

constexpr absl::string_view kErrorInfoUrl = "type.googleapis.com/google.rpc.ErrorInfo";

}  // namespace

absl::Status Error(absl::StatusCode code, std::string_view reason, std::string_view message,
                   const std::map<std::string, std::string>& metadata) {
  wire::ErrorInfo info;
  info.set_reason(std::string(reason));
  info.set_domain("nara");
  info.mutable_metadata()->insert(metadata.begin(), metadata.end());
  absl::Status status(code, ToAbsl(message));
  const std::string wire = info.SerializeAsString();
  // Not from the string itself: clang mangles that constructor unlike the compiler of Debian's abseil.
  status.SetPayload(kErrorInfoUrl, absl::Cord(absl::string_view(wire)));
  return status;
}

std::optional<ErrorInfo> InfoOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kErrorInfoUrl);
  wire::ErrorInfo info;
  if (!payload || !info.ParseFromString(std::string(*payload))) return std::nullopt;
  return ErrorInfo{info.reason(), info.domain(), {info.metadata().begin(), info.metadata().end()}};
}

std::string ReasonOf(const absl::Status& status) {
  const std::optional<ErrorInfo> info = InfoOf(status);
  return info ? info->reason : "";
}

absl::Status Public(std::string_view component, std::string_view method, const absl::Status& status) {
  if (status.ok() || !ReasonOf(status).empty()) return status;
  log::Warn(component, "a call failed", {{"method", method}, {"error", ToStd(status.message())}});
  if (absl::IsInvalidArgument(status)) return Error(status.code(), "INVALID_FIELD", "a field is not of its form");
  if (absl::IsInternal(status))
    return Error(status.code(), "INTERNAL", "an error inside the service; its log says more");
  return Error(status.code(), "STORE_UNAVAILABLE", "what the service needs does not answer; try again");
}

}  // namespace nara::rpc
