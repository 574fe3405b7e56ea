#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"

namespace nara::gateway {

// The certificate and key of the listener. Like those of gRPC (rpc::Server) they are read again when their files
// change; each handshake gets what is there, at most `interval` old. A pair that cannot be used, or does not belong
// together, changes nothing and is logged: what served before goes on. One thread.
class Certificate {
 public:
  // PEM files: the chain, own certificate first, and its key. The clock must outlive it.
  Certificate(std::string cert, std::string key, absl::Duration interval, const Clock& clock)
      : cert_(std::move(cert)), key_(std::move(key)), interval_(interval), clock_(clock) {}

  // FAILED_PRECONDITION with the file, when the first pair cannot be used.
  absl::Status Load();

  // For the next handshake. After Load.
  std::shared_ptr<boost::asio::ssl::context> ForHandshake();

 private:
  struct Pem {
    std::string cert;
    std::string key;
    friend bool operator==(const Pem&, const Pem&) = default;
  };
  Pem Read() const;
  absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> Use(const Pem& pem) const;

  const std::string cert_;
  const std::string key_;
  const absl::Duration interval_;
  const Clock& clock_;
  absl::Duration looked_;
  Pem seen_;  // the last that was read, usable or not
  std::shared_ptr<boost::asio::ssl::context> context_;
};

}  // namespace nara::gateway
