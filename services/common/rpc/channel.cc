#include "common/rpc/channel.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <chrono>

#include "common/rpc/library_log.h"
#include "common/rpc/tls.h"

namespace nara::rpc {
namespace {

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  // Channels with other certificates must not share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(4 * 1024 * 1024);
  return arguments;
}

}  // namespace

std::shared_ptr<grpc::Channel> Connect(const std::string& address, const config::Tls& tls) {
  UseOurLog();
  return grpc::CreateCustomChannel(address, ClientTls(tls, 1), Arguments());
}

std::unique_ptr<grpc::ClientContext> LongStream(std::string_view on_behalf_of) {
  auto context = std::make_unique<grpc::ClientContext>();
  if (!on_behalf_of.empty()) context->AddMetadata("nara-caller", std::string(on_behalf_of));
  return context;
}

std::unique_ptr<grpc::ClientContext> CallWithin(absl::Duration timeout, std::string_view on_behalf_of,
                                                bool wait_for_ready) {
  auto context = LongStream(on_behalf_of);
  context->set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout));
  context->set_wait_for_ready(wait_for_ready);
  return context;
}

}  // namespace nara::rpc
