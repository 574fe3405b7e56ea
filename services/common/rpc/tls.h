#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "absl/status/status.h"
#include "common/config/shared.h"

// Mutual TLS with files that are read again each `interval_s` seconds.
namespace nara::rpc {

std::shared_ptr<grpc::ServerCredentials> ServerTls(const config::Tls& tls, unsigned interval_s);
std::shared_ptr<grpc::ChannelCredentials> ClientTls(const config::Tls& tls, unsigned interval_s);

// gRPC only logs and then refuses every handshake when the files are unusable; this says it at start:
// FAILED_PRECONDITION with the file.
absl::Status CheckTls(const config::Tls& tls);

}  // namespace nara::rpc
