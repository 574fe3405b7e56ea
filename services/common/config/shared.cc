#include "common/config/shared.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace nara::config {
namespace {

bool IsRedisAddress(const std::string& text) {
  return absl::StartsWith(text, "unix:") || ParseAddress(text).ok();
}

std::vector<std::string> ReadList(Section& section, const std::string& key) {
  std::vector<std::string> parts;
  for (const absl::string_view part : absl::StrSplit(section.RequiredString(key), ',')) {
    parts.emplace_back(absl::StripAsciiWhitespace(part));
  }
  return parts;
}

void ReadSentinel(Section section, Redis& redis) {
  redis.primary = section.RequiredString("primary");
  redis.sentinels = ReadList(section, "addresses");
  for (const std::string& sentinel : redis.sentinels) {
    if (!IsRedisAddress(sentinel)) section.Report("addresses", "must be unix:PATH or host:port, separated by commas");
  }
  for (const std::string& server : ReadList(section, "servers")) {
    const std::pair<std::string, std::string> both = absl::StrSplit(server, absl::MaxSplits('=', 1));
    const std::string& reached = both.second.empty() ? both.first : both.second;
    if (!ParseAddress(both.first).ok() || !IsRedisAddress(reached)) {
      section.Report("servers", "must be host:port, or host:port=ADDRESS, separated by commas");
    }
    redis.servers[both.first] = reached;
  }
}

}  // namespace

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

Redis ReadRedis(Section& root) {
  Section section = root.Child("redis");
  Redis redis;
  const bool sentinel = section.Has("sentinel");
  redis.replicas = static_cast<int>(section.OptionalInt("replicas", sentinel ? 1 : 0, 0, 16));
  redis.replica_timeout =
      section.OptionalDuration("replica_timeout", redis.replica_timeout, absl::Milliseconds(10), absl::Seconds(30));
  redis.alone_after =
      section.OptionalDuration("alone_after", redis.alone_after, absl::ZeroDuration(), absl::Hours(24 * 365));
  redis.address = sentinel ? section.OptionalString("address") : section.RequiredString("address");
  if (sentinel) {
    ReadSentinel(section.Child("sentinel"), redis);
    if (!redis.address.empty()) section.Report("address", "has no meaning beside redis.sentinel");
  } else if (!redis.address.empty() && !IsRedisAddress(redis.address)) {
    section.Report("address", "must be unix:PATH or host:port");
  }
  return redis;
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
