#include "gateway/config.h"

namespace nara::gateway {

absl::StatusOr<Config> ReadConfig(config::Section& root) {
  Config config;
  config.tls = config::ReadTls(root);
  config::Section http = root.Child("http");
  config.http.listen = http.RequiredAddress("listen");
  config.http.cert = http.OptionalFile("cert");
  config.http.key = http.OptionalFile("key");
  if (config.http.cert.empty() != config.http.key.empty()) http.Report("cert", "give cert and key, or neither");
  config.web = root.RequiredPath("web");
  config.openapi = root.RequiredFile("openapi");
  config.personas = root.OptionalFile("personas");
  const bool plain_loopback = config.http.cert.empty() && IsLoopback(config.http.listen.host);
  if (!config.personas.empty() && !plain_loopback)
    root.Report("personas", "demo personas exist on plain loopback only");
  config.catalogue = config::ReadCatalogue(root);
  config.state_dir = config::ReadStateDir(root);
  config.registry = config::ReadPeer(root, "registry");
  config.alerts = config::ReadPeer(root, "alerts");
  config.broker = config::ReadPeer(root, "broker");
  if (const absl::Status status = root.Finish(); !status.ok()) return status;
  return config;
}

}  // namespace nara::gateway
