#include "common/rpc/error.h"

#include "absl/strings/cord.h"
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

}  // namespace nara::rpc
