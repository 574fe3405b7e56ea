#include "device_registry/config.h"

namespace nara::registry {
namespace {

constexpr std::int64_t kFewestDays = 30;
constexpr std::int64_t kMostDays = 36'525;

}  // namespace

absl::StatusOr<Config> ReadConfig(config::Section& root) {
  Config config;
  config.grpc = config::ReadGrpc(root);
  config.tls = config::ReadTls(root);
  config.postgres = config::ReadPostgres(root);
  config.connections = static_cast<int>(root.OptionalInt("postgres_connections", 4, 1, 32));
  config.catalogue = config::ReadCatalogue(root);
  config::Section device_ca = root.Child("device_ca");
  config.device_ca_cert = device_ca.RequiredFile("cert");
  config.device_ca_key = device_ca.RequiredFile("key");
  config.mqtt_password_key = root.RequiredFile("mqtt_password_key");
  config.identity_keys = root.RequiredPath("identity_keys");
  config.identity_reads_days =
      static_cast<int>(root.OptionalInt("identity_reads_days", config.identity_reads_days, kFewestDays, kMostDays));
  config.mqtt = config::ReadMqtt(root);
  if (absl::Status status = root.Finish(); !status.ok()) return status;
  return config;
}

}  // namespace nara::registry
