#include "common/config/shared.h"

#include "absl/strings/match.h"

namespace nara::config {

Process ReadProcess(Section& root) {
  Process process;
  process.name = root.RequiredString("name");
  process.log_level = root.Child("log").OptionalWord("level", "info", {"debug", "info", "warn", "error"});
  process.metrics = root.Child("metrics").OptionalAddress("listen", {"127.0.0.1", 0});
  return process;
}

void ReadService(Section& root, Service& service) {
  service.grpc = ReadGrpc(root);
  service.tls = ReadTls(root);
  service.redis = ReadRedis(root);
  service.postgres = ReadPostgres(root);
  service.registry = ReadPeer(root, "registry");
  service.catalogue = ReadCatalogue(root);
  service.state_dir = ReadStateDir(root);
}

Grpc ReadGrpc(Section& root) {
  Section section = root.Child("grpc");
  Grpc grpc;
  grpc.listen = section.RequiredAddress("listen");
  grpc.workers = static_cast<int>(section.OptionalInt("workers", grpc.workers, 1, 64));
  grpc.max_pending_calls =
      static_cast<int>(section.OptionalInt("max_pending_calls", grpc.max_pending_calls, 1, 65'536));
  return grpc;
}

Tls ReadTls(Section& root) {
  Section section = root.Child("tls");
  return {section.RequiredFile("ca"), section.RequiredFile("cert"), section.RequiredFile("key")};
}

std::string ReadRedis(Section& root) {
  Section section = root.Child("redis");
  std::string address = section.RequiredString("address");
  if (!address.empty() && !absl::StartsWith(address, "unix:") && !ParseAddress(address).ok()) {
    section.Report("address", "must be unix:PATH or host:port");
  }
  return address;
}

std::string ReadPostgres(Section& root) {
  return root.Child("postgres").RequiredString("conninfo");
}

std::string ReadPeer(Section& root, const std::string& key) {
  return root.Child(key).RequiredAddress("address").ToString();
}

std::string ReadMqtt(Section& root) {
  Section section = root.Child("mqtt");
  std::string address = section.RequiredString("address");
  const bool secure = absl::StartsWith(address, "ssl://");
  const bool loopback = absl::StartsWith(address, "tcp://127.0.0.1:") || absl::StartsWith(address, "tcp://localhost:");
  if (!address.empty() && ((!secure && !loopback) || !ParseAddress(address.substr(6)).ok())) {
    section.Report("address", "must be ssl://host:port (tcp:// on loopback only)");
  }
  return address;
}

std::string ReadCatalogue(Section& root) {
  return root.RequiredPath("catalogue");
}

std::string ReadStateDir(Section& root) {
  return root.RequiredPath("state_dir");
}

}  // namespace nara::config
