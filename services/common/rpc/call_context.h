#pragma once

#include <string>

#include "absl/time/time.h"

namespace nara::rpc {

// Who calls, and until when an answer is of use.
struct CallContext {
  std::string peer;    // common name of the peer's certificate
  std::string caller;  // client id on whose behalf: the peer, or what nara-gateway says in the metadata nara-caller
  std::string reason;  // why, for the audit: metadata nara-reason, percent-encoded as gRPC does status messages; the
                       // first 600 characters
  absl::Time deadline =
      absl::InfiniteFuture();  // of the call; a unary call has at most 30 s, whatever the client asked for
};

}  // namespace nara::rpc
