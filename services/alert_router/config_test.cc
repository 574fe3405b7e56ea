#include "alert_router/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/temp_dir.h"

namespace nara::alert {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    for (const char* file : {"ca.pem", "cert.pem", "key.pem"}) dir_.Write(file, "x");
  }

  absl::StatusOr<Config> Read(const std::string& more) {
    dir_.Write("alerts.yaml",
               "grpc: {listen: \"127.0.0.1:7103\"}\n"
               "tls: {ca: ca.pem, cert: cert.pem, key: key.pem}\n"
               "redis: {address: \"unix:/run/redis.sock\"}\n"
               "postgres: {conninfo: \"host=/run dbname=nara\"}\n"
               "registry: {address: \"127.0.0.1:7101\"}\n"
               "catalogue: .\nstate_dir: .\n" +
                   more);
    auto section = config::Section::Load(dir_.File("alerts.yaml"));
    if (!section.ok()) return section.status();
    return ReadConfig(*section);
  }

  nara::testing::TempDir dir_;
};

TEST_F(ConfigTest, DefaultsAreFilledIn) {
  const auto config = Read("");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->postgres_connections, 8);
  EXPECT_EQ(config->settle, seconds(3));
  EXPECT_EQ(config->stalled_after, seconds(10));
  EXPECT_EQ(config->attend_streams, (StreamQuota::Limits{256, 1024}));
  EXPECT_EQ(config->watch_streams, (StreamQuota::Limits{64, 512}));
  EXPECT_EQ(config->last_resort, (Step{"county-fallback", seconds(60)}));
}

TEST_F(ConfigTest, EveryKeyIsRead) {
  const auto config = Read(
      "postgres_connections: 3\nsettle: 500ms\nfallback_receiver: night-desk\nfallback_accept_seconds: 3600\n"
      "stalled_after: 30s\nattend_streams: 9\nattend_streams_per_client: 3\nwatch_streams: 8\n"
      "watch_streams_per_client: 2\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->postgres_connections, 3);
  EXPECT_EQ(config->settle, milliseconds(500));
  EXPECT_EQ(config->stalled_after, seconds(30));
  EXPECT_EQ(config->attend_streams, (StreamQuota::Limits{3, 9}));
  EXPECT_EQ(config->watch_streams, (StreamQuota::Limits{2, 8}));
  EXPECT_EQ(config->last_resort, (Step{"night-desk", seconds(3600)}));
}

TEST_F(ConfigTest, WhatNoRouterCanWorkWithIsRefused) {
  for (const char* key : {"postgres_connections: 2", "settle: 61s", "stalled_after: 0s", "attend_streams: 0",
                          "watch_streams_per_client: 0", "fallback_receiver: \"\"", "fallback_accept_seconds: 0",
                          "fallback_accept_seconds: 3601"}) {
    const std::string name(key, std::string(key).find(':'));
    EXPECT_THAT(std::string(Read(std::string(key) + "\n").status().message()), HasSubstr(name)) << key;
  }
}

TEST_F(ConfigTest, AnUnknownKeyIsAnError) {
  EXPECT_THAT(std::string(Read("setle: 5s\n").status().message()), HasSubstr("setle"));
}

}  // namespace
}  // namespace nara::alert
