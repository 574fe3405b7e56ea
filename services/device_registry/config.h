// Configuration of nara-device-registry.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/config/section.h"
#include "common/config/shared.h"

namespace nara::registry {

struct Config {
  config::Grpc grpc;
  config::Tls tls;
  std::string postgres;   // conninfo; the schema is `registry`
  int connections = 4;    // to PostgreSQL, 1 to 32; calls beyond wait for one
  std::string catalogue;  // folder
  // device_ca: {cert, key}: signs the certificates of devices. Whoever has the key
  // can make any device.
  std::string device_ca_cert;
  std::string device_ca_key;
  // mqtt_password_key: FILE of at least 32 random bytes; the MQTT server has it too.
  std::string mqtt_password_key;
  // identity_keys: FILE (identity_keys.h). Whoever has it and the database knows who
  // everybody is; who loses it knows nobody.
  std::string identity_keys;
  // identity_reads_days: for how long is kept who looked at whom.
  int identity_reads_days = 1827;
  std::string mqtt;  // address of the MQTT server's listener for services
};

absl::StatusOr<Config> ReadConfig(config::Section& root);

}  // namespace nara::registry
