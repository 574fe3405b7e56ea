#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/config/shared.h"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace nara::rpc {

// A channel with mutual TLS: the server's certificate must be of our CA and name the host of `address`. Connects when
// first used, connects again by itself with a back-off of at most one second; certificates are read again when they
// change. Thread-safe; share it.
std::shared_ptr<grpc::Channel> Connect(const std::string& address, const config::Tls& tls);

// A context for one call, which ends with DEADLINE_EXCEEDED after `timeout`. With `wait_for_ready` it waits for the
// connection within that time instead of failing at once. `on_behalf_of` (gateway only) is sent as nara-caller.
std::unique_ptr<grpc::ClientContext> CallWithin(absl::Duration timeout, std::string_view on_behalf_of = {},
                                                bool wait_for_ready = false);

// A context for a long stream: no deadline; end it with TryCancel. Keepalive pings notice a dead peer within 15 s.
std::unique_ptr<grpc::ClientContext> LongStream(std::string_view on_behalf_of = {});

}  // namespace nara::rpc
