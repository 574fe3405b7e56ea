// The device CA: certificates signed with OpenSSL, and MQTT passwords.
//
// A certificate: version 3, a random serial of 127 bits, the common name the device
// id and nothing else, for clients only, valid from five minutes ago for 825 days.
// Keys of requests: EC P-256 and P-384, Ed25519, RSA of 2048 to 4096 bits.
//
// The password is the lower-case hexadecimal HMAC-SHA256 of the device id under the
// bytes of the key file, which the MQTT server's plugin has too.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "device_registry/ports.h"

using X509 = struct x509_st;

namespace nara::registry {

class DeviceCa final : public Credentials {
 public:
  struct Files {
    std::string cert;
    std::string key;           // PEM, of the certificate; readable by us alone
    std::string password_key;  // at least 32 bytes
  };

  // InvalidArgument names the file that cannot be used. `clock` must outlive it.
  static absl::StatusOr<std::unique_ptr<DeviceCa>> Load(const Files& files, const Clock& clock);
  ~DeviceCa() override;

  absl::StatusOr<Signed> Sign(const std::string& device, const std::string& csr_pem) override;
  absl::StatusOr<std::string> HeldBy(const std::string& device, const std::string& certificate_pem,
                                     const std::string& text, const std::string& signature) override;
  std::string MqttPassword(const std::string& device) const override;

 private:
  struct Keys;
  bool IsOurs(X509* certificate) const;
  DeviceCa(std::unique_ptr<Keys> keys, const Clock& clock);

  const std::unique_ptr<Keys> keys_;
  const Clock& clock_;
};

}  // namespace nara::registry
