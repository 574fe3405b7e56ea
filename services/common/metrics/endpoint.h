#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/metrics/listener.h"
#include "common/metrics/registry.h"

namespace nara::metrics {

// The private plain HTTP endpoint of a process: /metrics; /livez, 200 while the process answers; /readyz, 200 or 503
// with the reason, as `ready` says. It has no protection: listen on a private address only. Two threads of its own.
class Endpoint {
 public:
  struct Options {
    std::string host = "127.0.0.1";
    int port = 0;  // 0: any free one
    std::function<absl::Status()> ready;
  };

  // UNAVAILABLE when the address cannot be taken. `registry` must outlive the endpoint.
  static absl::StatusOr<std::unique_ptr<Endpoint>> Start(Options options, const Registry& registry);

  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  int port() const { return listener_->port(); }

  // What GET `path` answers; used by the HTTP handler.
  struct Answer {
    int code;
    std::string content_type;
    std::string body;
  };
  Answer Get(std::string_view path) const;

 private:
  Endpoint(Options options, const Registry& registry);

  Options options_;
  const Registry& registry_;
  // Last: its threads use everything above.
  std::unique_ptr<Listener> listener_;
};

}  // namespace nara::metrics
