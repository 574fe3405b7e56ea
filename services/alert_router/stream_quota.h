// Places for open streams: so many for a client, so many in all, so that nobody's
// screens or programs can take the router's memory and threads from the others.
//
// Threads: any.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "alert_router/metrics.h"

namespace nara::alert {

class StreamQuota {
 public:
  struct Limits {
    int of_client = 0;
    int in_all = 0;

    bool operator==(const Limits&) const = default;
  };

  // Held for as long as the stream is open; the quota must outlive it.
  using Ticket = std::shared_ptr<const void>;

  // `method` is named to who is refused; `metrics` must outlive it.
  StreamQuota(std::string method, Limits limits, Metrics& metrics)
      : method_(std::move(method)), limits_(limits), metrics_(metrics) {}

  // ResourceExhausted TOO_MANY_STREAMS when all are taken.
  absl::StatusOr<Ticket> Take(const std::string& client);

 private:
  void Give(const std::string& client);
  absl::Status Refused(const std::string& client, int limit, const std::string& advice);

  const std::string method_;
  const Limits limits_;
  Metrics& metrics_;
  std::mutex mutex_;
  // Guarded by mutex_.
  int open_ = 0;
  std::map<std::string, int> of_client_;
};

}  // namespace nara::alert
