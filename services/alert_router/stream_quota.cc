#include "alert_router/stream_quota.h"

#include "common/rpc/error.h"

namespace nara::alert {

absl::StatusOr<StreamQuota::Ticket> StreamQuota::Take(const std::string& client) {
  std::scoped_lock lock(mutex_);
  const auto found = of_client_.find(client);
  const int open = found == of_client_.end() ? 0 : found->second;
  if (open >= limits_.of_client) {
    return Refused(client, limits_.of_client, "end some of the client's own before opening another");
  }
  if (open_ >= limits_.in_all) return Refused(client, limits_.in_all, "the router's are all taken, try again later");
  ++open_;
  ++of_client_[client];
  return Ticket(static_cast<const void*>(this), [this, client](const void*) { Give(client); });
}

void StreamQuota::Give(const std::string& client) {
  std::scoped_lock lock(mutex_);
  --open_;
  if (--of_client_[client] == 0) of_client_.erase(client);
}

absl::Status StreamQuota::Refused(const std::string& client, int limit, const std::string& advice) {
  metrics_.StreamRefused();
  const std::string open = std::to_string(limit) + " " + method_ + " streams are open: ";
  return rpc::Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_STREAMS", open + advice,
                    {{"client", client}, {"method", method_}, {"limit", std::to_string(limit)}});
}

}  // namespace nara::alert
