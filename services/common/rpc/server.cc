#include "common/rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/library_log.h"
#include "common/rpc/tls.h"

namespace nara::rpc {
namespace {

constexpr int kMaxMessageBytes = 4 * 1024 * 1024;

void EnablePlugins() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

void SetLimits(grpc::ServerBuilder& builder, absl::Duration max_connection_age) {
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  // Two processes on one port would share its connections without a word.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                             static_cast<int>(absl::ToInt64Milliseconds(max_connection_age)));
  // A dead client is noticed within 15 s. Clients ping as often (channel.cc), which the default would punish.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
}

}  // namespace

Server::Server(Options options)
    : options_(std::move(options)),
      workers_(options_.grpc.workers, static_cast<std::size_t>(options_.grpc.max_pending_calls)) {}

Server::~Server() {
  Stop();
}

absl::Status Server::Start(const std::vector<grpc::Service*>& services) {
  if (absl::Status status = CheckTls(options_.tls); !status.ok()) return status;
  UseOurLog();
  EnablePlugins();
  const std::string address = options_.grpc.listen.ToString();
  const auto interval =
      static_cast<unsigned>(std::max<std::int64_t>(1, absl::ToInt64Seconds(options_.certificate_interval)));
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, ServerTls(options_.tls, interval), &port_);
  SetLimits(builder, options_.max_connection_age);
  for (grpc::Service* service : services) builder.RegisterService(service);
  server_ = builder.BuildAndStart();
  if (server_ != nullptr && port_ != 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot listen on ", address, " for gRPC; is it taken?"));
}

void Server::Stop(absl::Duration grace) {
  if (server_ != nullptr) {
    if (auto* health = server_->GetHealthCheckService(); health != nullptr) health->SetServingStatus(false);
    server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(grace));
  }
  workers_.Stop();
  server_.reset();
}

}  // namespace nara::rpc
