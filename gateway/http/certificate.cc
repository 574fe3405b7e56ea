#include "gateway/http/certificate.h"

#include <boost/asio/buffer.hpp>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "common/log/log.h"

namespace nara::gateway {
namespace {

namespace ssl = boost::asio::ssl;

std::string TextOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

Certificate::Pem Certificate::Read() const {
  return {.cert = TextOf(cert_), .key = TextOf(key_)};
}

absl::StatusOr<std::shared_ptr<ssl::context>> Certificate::Use(const Pem& pem) const {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  boost::system::error_code error;
  context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1, error);
  if (!error) context->use_certificate_chain(boost::asio::buffer(pem.cert), error);
  if (error) return absl::FailedPreconditionError(absl::StrCat(cert_, " cannot be used: ", error.message()));
  context->use_private_key(boost::asio::buffer(pem.key), ssl::context::pem, error);
  if (!error) return context;
  return absl::FailedPreconditionError(absl::StrCat(key_, " cannot be used with ", cert_, ": ", error.message()));
}

absl::Status Certificate::Load() {
  seen_ = Read();
  looked_ = clock_.Monotonic();
  auto context = Use(seen_);
  if (!context.ok()) return context.status();
  context_ = *std::move(context);
  return absl::OkStatus();
}

std::shared_ptr<ssl::context> Certificate::ForHandshake() {
  if (clock_.Monotonic() - looked_ < interval_) return context_;
  looked_ = clock_.Monotonic();
  Pem now = Read();
  if (now == seen_) return context_;
  seen_ = std::move(now);
  auto context = Use(seen_);
  if (context.ok()) {
    context_ = *std::move(context);
    log::Info("http", "the certificate was read again", {{"path", cert_}});
  } else {
    log::Warn("http", "the certificate was not changed", {{"reason", context.status().ToString()}});
  }
  return context_;
}

}  // namespace nara::gateway
