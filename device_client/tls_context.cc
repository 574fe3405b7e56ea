#include "device_client/tls_context.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>

namespace nara::device_client {
namespace {

std::string OpenSslError() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

std::shared_ptr<BIO> MemoryBio(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

bool IsAddress(const std::string& host) {
  unsigned char buffer[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), buffer) == 1 || inet_pton(AF_INET6, host.c_str(), buffer) == 1;
}

bool CheckHost(SSL_CTX* context, const std::string& host) {
  X509_VERIFY_PARAM* const parameters = SSL_CTX_get0_param(context);
  return IsAddress(host) ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1
                         : X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size()) == 1;
}

}  // namespace

absl::StatusOr<TlsIdentity> ParseIdentity(const Identity& identity) {
  const auto certificate_bio = MemoryBio(identity.certificate_pem);
  const auto key_bio = MemoryBio(identity.key_pem);
  TlsIdentity parsed{.certificate = {PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr), X509_free},
                     .key = {PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free}};
  if (!parsed.certificate || !parsed.key) {
    return absl::InvalidArgumentError("the device's certificate or key is not PEM: " + OpenSslError());
  }
  return parsed;
}

absl::StatusOr<std::unique_ptr<TlsContext>> TlsContext::Make(const std::string& ca_file, const std::string& host) {
  std::unique_ptr<TlsContext> made(new TlsContext(SSL_CTX_new(TLS_client_method())));
  SSL_CTX* const context = made->get();
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 || !CheckHost(context, host)) {
    return absl::InternalError("TLS: " + OpenSslError());
  }
  if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
    return absl::InvalidArgumentError("the CA file " + ca_file + " cannot be used: " + OpenSslError());
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_cert_cb(context, &TlsContext::OnCertificateWanted, made.get());
  return made;
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

int TlsContext::OnCertificateWanted(SSL* ssl, void* self) {
  const TlsIdentity* const identity = static_cast<TlsContext*>(self)->presented_;
  if (identity == nullptr) return 1;
  const bool used =
      SSL_use_certificate(ssl, identity->certificate.get()) == 1 && SSL_use_PrivateKey(ssl, identity->key.get()) == 1;
  return used ? 1 : 0;
}

}  // namespace nara::device_client
