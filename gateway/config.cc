#include "gateway/config.h"

#include "gateway/api/live_feed.h"

namespace nara::gateway {
namespace {

// More than event streams can take, so that requests get through.
constexpr std::int64_t kFewestConnections = LiveFeeds::kMostPages + 256;
constexpr std::int64_t kMostConnections = 65'536;

void ReadHttp(config::Section http, Server::Options& options) {
  options.listen = http.RequiredAddress("listen");
  options.cert = http.OptionalFile("cert");
  options.key = http.OptionalFile("key");
  if (options.cert.empty() != options.key.empty()) http.Report("cert", "give cert and key, or neither");
  const auto connections = [&http](const char* key, std::size_t otherwise, std::int64_t fewest) {
    return static_cast<std::size_t>(
        http.OptionalInt(key, static_cast<std::int64_t>(otherwise), fewest, kMostConnections));
  };
  options.max_connections = connections("max_connections", options.max_connections, kFewestConnections);
  options.max_connections_of_address = connections("max_connections_of_address", options.max_connections_of_address, 1);
}

}  // namespace

absl::StatusOr<Config> ReadConfig(config::Section& root) {
  Config config;
  config.tls = config::ReadTls(root);
  ReadHttp(root.Child("http"), config.http);
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
