#include "common/metrics/endpoint.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace nara::metrics {
namespace {

std::string Text(const Endpoint::Answer& answer) {
  return absl::StrCat("HTTP/1.1 ", answer.code, answer.code == 200 ? " OK" : " Not OK",
                      "\r\nContent-Type: ", answer.content_type, "\r\nContent-Length: ", answer.body.size(),
                      "\r\nConnection: close\r\n\r\n", answer.body);
}

}  // namespace

Endpoint::Endpoint(Options options, const Registry& registry) : options_(std::move(options)), registry_(registry) {}

absl::StatusOr<std::unique_ptr<Endpoint>> Endpoint::Start(Options options, const Registry& registry) {
  std::unique_ptr<Endpoint> endpoint(new Endpoint(std::move(options), registry));
  auto listener =
      Listener::Start(endpoint->options_.host, endpoint->options_.port,
                      [self = endpoint.get()](const std::string& target) { return Text(self->Get(target)); });
  if (!listener.ok()) return listener.status();
  endpoint->listener_ = *std::move(listener);
  return endpoint;
}

Endpoint::Answer Endpoint::Get(std::string_view path) const {
  if (path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", registry_.Text()};
  if (path == "/livez") return {200, "text/plain", "alive\n"};
  if (path != "/readyz") return {404, "text/plain", "try /metrics, /livez or /readyz\n"};
  const absl::Status ready = options_.ready ? options_.ready() : absl::OkStatus();
  if (ready.ok()) return {200, "text/plain", "ready\n"};
  return {503, "text/plain", absl::StrCat(ready.message(), "\n")};
}

}  // namespace nara::metrics
