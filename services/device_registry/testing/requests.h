// Keys, certificate requests and certificates for tests, made with OpenSSL.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace nara::registry::testing {

struct KeyAndCert {
  std::string key;   // PEM
  std::string cert;  // PEM
};

// A self-signed CA with an EC key.
KeyAndCert MakeCa(const std::string& common_name);

// A certificate for localhost, for both sides of a connection, signed by a CA.
KeyAndCert MakeIdentity(const KeyAndCert& ca, const std::string& common_name);

// A request in PEM with a key of "EC", "EC:<group>", "ED25519", "RSA1024" or "RSA2048".
std::string MakeRequest(const std::string& kind, const std::string& common_name);

// By the key of an identity, over a text.
std::string SignText(const KeyAndCert& identity, const std::string& text);

// A request of disp-0001 whose public key is not the one that signed it.
std::string MakeForgedRequest();

struct CertificateFacts {
  std::string subject;    // "CN=..."
  bool verifies = false;  // signed by the CA
  bool is_ca = false;
  absl::Time not_after;
};
CertificateFacts Inspect(const std::string& certificate_pem, const std::string& ca_file);

}  // namespace nara::registry::testing
