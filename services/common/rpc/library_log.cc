#include "common/rpc/library_log.h"

#include <grpc/support/log.h>

#include <mutex>

#include "common/log/log.h"

namespace nara::rpc {
namespace {

// A refused handshake is an error to gRPC and everyday life to us.
void Forward(gpr_log_func_args* args) {
  if (args->severity == GPR_LOG_SEVERITY_ERROR) {
    log::Warn("grpc", args->message);
  } else {
    log::Debug("grpc", args->message);
  }
}

}  // namespace

void UseOurLog() {
  static std::once_flag once;
  std::call_once(once, [] { gpr_set_log_function(Forward); });
}

}  // namespace nara::rpc
