#include "common/metrics/endpoint.h"

#include <civetweb.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace nara::metrics {
namespace {

int Handle(mg_connection* connection, void* endpoint) {
  const mg_request_info* request = mg_get_request_info(connection);
  const Endpoint::Answer answer = static_cast<Endpoint*>(endpoint)->Get(request->local_uri);
  const std::string head = absl::StrCat("HTTP/1.1 ", answer.code, answer.code == 200 ? " OK" : " Not OK",
                                        "\r\nContent-Type: ", answer.content_type, "\r\nContent-Length: ",
                                        answer.body.size(), "\r\nConnection: close\r\n\r\n");
  mg_write(connection, head.data(), head.size());
  mg_write(connection, answer.body.data(), answer.body.size());
  return answer.code;
}

// civetweb would write to a file or standard error in a format of its own.
int NoLog(const mg_connection*, const char*) { return 1; }

}  // namespace

Endpoint::Endpoint(Options options, const Registry& registry) : options_(std::move(options)), registry_(registry) {}

absl::StatusOr<std::unique_ptr<Endpoint>> Endpoint::Start(Options options, const Registry& registry) {
  std::unique_ptr<Endpoint> endpoint(new Endpoint(std::move(options), registry));
  const std::string& host = endpoint->options_.host;
  const std::string address = absl::StrCat(host.find(':') == std::string::npos ? host : "[" + host + "]", ":",
                                           endpoint->options_.port);
  const char* settings[] = {"listening_ports", address.c_str(),          "num_threads", "2",
                            "request_timeout_ms", "5000", "enable_keep_alive", "no", nullptr};
  mg_callbacks callbacks{};
  callbacks.log_message = NoLog;
  endpoint->context_ = mg_start(&callbacks, endpoint.get(), settings);
  if (endpoint->context_ == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address, " for metrics; is it taken?"));
  }
  mg_set_request_handler(endpoint->context_, "**", Handle, endpoint.get());
  mg_server_port port{};
  if (mg_get_server_ports(endpoint->context_, 1, &port) == 1) endpoint->port_ = port.port;
  return endpoint;
}

Endpoint::~Endpoint() {
  if (context_ != nullptr) mg_stop(context_);
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
