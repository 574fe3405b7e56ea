#include "common/rpc/tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>

#include "absl/strings/str_cat.h"

namespace nara::rpc {
namespace {

std::shared_ptr<grpc::experimental::FileWatcherCertificateProvider> Watch(const config::Tls& tls, unsigned interval_s) {
  return std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(tls.key, tls.cert, tls.ca, interval_s);
}

using FilePtr = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
using CertificatePtr = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

CertificatePtr ReadCertificate(const std::string& path) {
  const FilePtr file(std::fopen(path.c_str(), "re"), [](std::FILE* f) { return f == nullptr ? 0 : std::fclose(f); });
  return {file ? PEM_read_X509(file.get(), nullptr, nullptr, nullptr) : nullptr, X509_free};
}

KeyPtr ReadKey(const std::string& path) {
  const FilePtr file(std::fopen(path.c_str(), "re"), [](std::FILE* f) { return f == nullptr ? 0 : std::fclose(f); });
  return {file ? PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr) : nullptr, EVP_PKEY_free};
}

absl::Status Unusable(const std::string& path, const std::string& what) {
  return absl::FailedPreconditionError(absl::StrCat(path, " ", what));
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> ServerTls(const config::Tls& tls, unsigned interval_s) {
  grpc::experimental::TlsServerCredentialsOptions options(Watch(tls, interval_s));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> ClientTls(const config::Tls& tls, unsigned interval_s) {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Watch(tls, interval_s));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  options.set_certificate_verifier(std::make_shared<grpc::experimental::HostNameCertificateVerifier>());
  return grpc::experimental::TlsCredentials(options);
}

absl::Status CheckTls(const config::Tls& tls) {
  if (!ReadCertificate(tls.ca)) return Unusable(tls.ca, "holds no PEM certificate");
  const CertificatePtr certificate = ReadCertificate(tls.cert);
  if (!certificate) return Unusable(tls.cert, "holds no PEM certificate");
  const KeyPtr key = ReadKey(tls.key);
  if (!key) return Unusable(tls.key, "holds no PEM private key");
  if (X509_check_private_key(certificate.get(), key.get()) == 1) return absl::OkStatus();
  return Unusable(tls.key, absl::StrCat("is not the key of ", tls.cert));
}

}  // namespace nara::rpc
