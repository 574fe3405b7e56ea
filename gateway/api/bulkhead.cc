#include "gateway/api/bulkhead.h"

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/rpc/error.h"

namespace nara::gateway {

Bulkhead::Result Bulkhead::Run(const std::function<Result()>& call) {
  const absl::Cleanup leave = [this] { --running_; };
  if (++running_ > most_) {
    metrics_.Busy();
    return rpc::Error(absl::StatusCode::kUnavailable, "SERVICE_BUSY",
                      absl::StrCat(name_, " does not answer as fast as it is asked; try again in a moment"));
  }
  Result answer = call();
  Count(answer.status());
  return answer;
}

void Bulkhead::Count(const absl::Status& answer) {
  if (absl::IsDeadlineExceeded(answer)) metrics_.TimedOut();
  if (absl::IsUnavailable(answer)) metrics_.Unavailable();
}

}  // namespace nara::gateway
