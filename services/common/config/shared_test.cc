#include "common/config/shared.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nara::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Section Parsed(const std::string& text) {
  return *Section::Parse(text, "/etc/nara/a.yaml", [](const std::string&) -> const char* { return nullptr; });
}

TEST(Shared, TheDocumentedFileIsUnderstood) {
  Section root = Parsed(R"(
name: ingest-measurement
log: {level: warn}
metrics: {listen: "127.0.0.1:8102"}
grpc: {listen: "127.0.0.1:7102"}
tls: {ca: /dev/../etc/passwd, cert: /etc/passwd, key: /etc/passwd}
redis: {address: "unix:/run/redis.sock"}
postgres: {conninfo: "host=/run dbname=nara"}
registry: {address: "127.0.0.1:7101"}
mqtt: {address: "ssl://127.0.0.1:8884"}
catalogue: catalogue
state_dir: /var/lib/nara
)");
  const Process process = ReadProcess(root);
  EXPECT_EQ(process.name, "ingest-measurement");
  EXPECT_EQ(process.log_level, "warn");
  EXPECT_EQ(process.metrics.port, 8102);
  Service service;
  ReadService(root, service);
  EXPECT_EQ(service.grpc.listen, (Address{"127.0.0.1", 7102}));
  EXPECT_EQ(service.tls.ca, "/etc/passwd");
  EXPECT_EQ(service.redis.address, "unix:/run/redis.sock");
  EXPECT_EQ(service.postgres, "host=/run dbname=nara");
  EXPECT_EQ(service.registry, "127.0.0.1:7101");
  EXPECT_EQ(service.catalogue, "/etc/nara/catalogue");
  EXPECT_EQ(service.state_dir, "/var/lib/nara");
  EXPECT_EQ(ReadMqtt(root), "ssl://127.0.0.1:8884");
  EXPECT_TRUE(root.Finish().ok()) << root.Finish();
}

TEST(Shared, EachBadSectionIsNamed) {
  Section root = Parsed(
      "name: a\nlog: {level: noisy}\ntls: {ca: /nowhere/ca, cert: /etc, key: \"\"}\nredis: {address: here}\n"
      "mqtt: {address: \"tcp://10.0.0.1:1883\"}\n");
  ReadProcess(root);
  ReadTls(root);
  ReadRedis(root);
  ReadMqtt(root);
  ReadPostgres(root);
  const std::string problems(root.Finish().message());
  EXPECT_THAT(problems, HasSubstr(":2: key 'log.level' is wrong"));
  EXPECT_THAT(problems, HasSubstr(":3: key 'tls.ca' is wrong: file /nowhere/ca cannot be read"));
  EXPECT_THAT(problems, HasSubstr(":3: key 'tls.cert' is wrong"));
  EXPECT_THAT(problems, HasSubstr(":3: key 'tls.key' is wrong: it is empty"));
  EXPECT_THAT(problems, HasSubstr(":4: key 'redis.address' must be unix:PATH or host:port"));
  EXPECT_THAT(problems, HasSubstr(":5: key 'mqtt.address' must be ssl://"));
  EXPECT_THAT(problems, HasSubstr("key 'postgres.conninfo' is missing"));
}

TEST(Shared, RedisIsOneServerWhenNothingElseIsSaid) {
  Section root = Parsed("redis: {address: \"unix:/run/redis.sock\"}\n");
  const Redis redis = ReadRedis(root);
  EXPECT_TRUE(root.Finish().ok()) << root.Finish();
  EXPECT_EQ(redis.primary, "");
  EXPECT_EQ(redis.replicas, 0);
  EXPECT_FALSE(redis.replicated());
}

TEST(Shared, RedisIsTheServerThatSentinelNames) {
  Section root = Parsed(R"(
redis:
  sentinel:
    primary: nara
    addresses: "10.0.0.1:26379, unix:/run/sentinel.sock"
    servers: "10.0.0.1:6379=unix:/run/redis-a.sock, 10.0.0.2:6379"
  replicas: 1
  replica_timeout: 250ms
  alone_after: 24h
)");
  const Redis redis = ReadRedis(root);
  EXPECT_TRUE(root.Finish().ok()) << root.Finish();
  EXPECT_EQ(redis.address, "");
  EXPECT_EQ(redis.primary, "nara");
  EXPECT_THAT(redis.sentinels, ElementsAre("10.0.0.1:26379", "unix:/run/sentinel.sock"));
  EXPECT_THAT(redis.servers,
              ElementsAre(Pair("10.0.0.1:6379", "unix:/run/redis-a.sock"), Pair("10.0.0.2:6379", "10.0.0.2:6379")));
  EXPECT_EQ(redis.replicas, 1);
  EXPECT_EQ(redis.replica_timeout, absl::Milliseconds(250));
  EXPECT_EQ(redis.alone_after, absl::Hours(24));
  EXPECT_TRUE(redis.replicated());
}

TEST(Shared, AGroupOfRedisThatCannotBeIsRefused) {
  Section root = Parsed(
      "redis:\n  address: \"unix:/run/redis.sock\"\n  sentinel: {primary: nara, addresses: here, servers: "
      "\"10.0.0.1:6379=there\"}\n");
  EXPECT_EQ(ReadRedis(root).replicas, 1) << "a receipt that only the primary has is worth little there";
  const std::string problems(root.Finish().message());
  EXPECT_THAT(problems, HasSubstr(":2: key 'redis.address' has no meaning beside redis.sentinel"));
  EXPECT_THAT(problems, HasSubstr("key 'redis.sentinel.addresses' must be unix:PATH or host:port"));
  EXPECT_THAT(problems, HasSubstr("key 'redis.sentinel.servers' must be host:port, or host:port=ADDRESS"));
}

TEST(Shared, PlainMqttIsForLoopbackOnly) {
  Section root = Parsed("mqtt: {address: \"tcp://127.0.0.1:1883\"}\n");
  EXPECT_EQ(ReadMqtt(root), "tcp://127.0.0.1:1883");
  EXPECT_TRUE(root.Finish().ok());
}

}  // namespace
}  // namespace nara::config
