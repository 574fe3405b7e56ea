#include "common/rpc/status.h"

#include <string>

#include "absl/strings/cord.h"
#include "common/rpc/error_wire.pb.h"
#include "common/time/text.h"

namespace nara::rpc {
namespace {

// Status travels in HTTP/2 headers, whose sum is limited to 8 KiB, and the message is in there twice.
constexpr std::size_t kLongestMessage = 1024;

absl::StatusCode CodeOf(int code) {
  return code >= 0 && code <= 16 ? static_cast<absl::StatusCode>(code) : absl::StatusCode::kUnknown;
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  wire::Status details;
  const std::string message(status.message().substr(0, kLongestMessage));
  status.ForEachPayload([&details](absl::string_view url, const absl::Cord& payload) {
    google::protobuf::Any& detail = *details.add_details();
    detail.set_type_url(std::string(url));
    detail.set_value(std::string(payload));
  });
  const auto code = static_cast<grpc::StatusCode>(CodeOf(status.raw_code()));
  if (details.details().empty()) return {code, message};
  details.set_code(code);
  details.set_message(message);
  return {code, message, details.SerializeAsString()};
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(CodeOf(status.error_code()), status.error_message());
  wire::Status details;
  if (!details.ParseFromString(status.error_details())) return result;
  for (const google::protobuf::Any& detail : details.details()) {
    result.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return result;
}

}  // namespace nara::rpc
