#pragma once

#include "absl/status/status.h"
#include "gateway/http/message.h"

namespace nara::gateway {

// Problem details (RFC 9457) of an error: the HTTP status that stands for its code, its message as `detail`, and the
// reason and metadata of its ErrorInfo. The message of an internal error stays inside.
Response Problem(const absl::Status& error);

// The HTTP status that stands for a code.
int HttpStatus(absl::StatusCode code);

}  // namespace nara::gateway
