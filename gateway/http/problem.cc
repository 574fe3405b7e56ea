#include "gateway/http/problem.h"

#include "common/rpc/error.h"
#include "common/time/text.h"
#include "gateway/http/json_writer.h"

namespace nara::gateway {
namespace {

const char* Title(int status) {
  switch (status) {
    case 400:
      return "Bad request";
    case 401:
      return "Not signed in";
    case 403:
      return "Not allowed";
    case 404:
      return "Not found";
    case 409:
      return "Conflict";
    case 413:
      return "Too large";
    case 429:
      return "Too many requests";
    case 503:
      return "Not available now";
    case 504:
      return "No answer in time";
    default:
      return "Internal error";
  }
}

}  // namespace

int HttpStatus(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

Response Problem(const absl::Status& error) {
  const int status = HttpStatus(error.code());
  Json json;
  json.Open().Member("type", "about:blank").Member("title", Title(status)).Number("status", status);
  if (status != 500) json.Member("detail", std::string(ToStd(error.message())));
  if (const auto info = rpc::InfoOf(error)) {
    json.Member("reason", info->reason);
    for (const auto& [key, value] : info->metadata) json.Member(key, value);
  }
  json.Close();
  return {.status = status, .content_type = "application/problem+json", .body = json.Text()};
}

}  // namespace nara::gateway
