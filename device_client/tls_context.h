#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "device_client/transport.h"

namespace nara::device_client {

// A parsed certificate with its key.
struct TlsIdentity {
  std::shared_ptr<X509> certificate;
  std::shared_ptr<EVP_PKEY> key;
};

// INVALID_ARGUMENT when the PEM does not parse.
absl::StatusOr<TlsIdentity> ParseIdentity(const Identity& identity);

// One client-side TLS context (1.2 or newer) for all links of a loop. It checks
// that the server is `host` and signed by `ca_file`; when the server asks who we
// are it presents whatever Present named last. Used on one thread.
class TlsContext {
 public:
  static absl::StatusOr<std::unique_ptr<TlsContext>> Make(const std::string& ca_file, const std::string& host);
  ~TlsContext();

  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Whose certificate a handshake that runs from now on presents; null for none.
  // Kept by the caller until the next call.
  void Present(const TlsIdentity* identity) { presented_ = identity; }

  SSL_CTX* get() { return context_; }

 private:
  explicit TlsContext(SSL_CTX* context) : context_(context) {}
  static int OnCertificateWanted(SSL* ssl, void* self);

  SSL_CTX* const context_;
  const TlsIdentity* presented_ = nullptr;
};

}  // namespace nara::device_client
