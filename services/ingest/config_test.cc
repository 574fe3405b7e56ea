#include "ingest/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/testing/temp_dir.h"

namespace nara::ingest {
namespace {

using ::testing::HasSubstr;

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    for (const char* file : {"ca.pem", "cert.pem", "key.pem"}) dir_.Write(file, "x");
  }

  absl::StatusOr<Config> Read(const std::string& more, const std::string& mqtt = "ssl://mqtt.example:8884") {
    dir_.Write("ingest.yaml",
               "grpc: {listen: \"127.0.0.1:7102\"}\n"
               "tls: {ca: ca.pem, cert: cert.pem, key: key.pem}\n"
               "redis: {address: \"unix:/run/redis.sock\"}\n"
               "postgres: {conninfo: \"host=/run dbname=nara\"}\n"
               "registry: {address: \"127.0.0.1:7101\"}\n"
               "catalogue: .\nstate_dir: .\n"
               "mqtt: {address: \"" +
                   mqtt + "\"}\n" + more);
    auto section = config::Section::Load(dir_.File("ingest.yaml"));
    if (!section.ok()) return section.status();
    return ReadConfig(*section);
  }

  nara::testing::TempDir dir_;
};

TEST_F(ConfigTest, DefaultsAreFilledIn) {
  const auto config = Read("");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->lane, Lane::kMeasurement);
  EXPECT_EQ(config->workers, 2);
  EXPECT_EQ(config->inbox_max_bytes, 1u << 30);
  EXPECT_EQ(config->inbox_segment_bytes, 1u << 20);
  EXPECT_EQ(config->inbox_keep, absl::Seconds(60));
  EXPECT_EQ(config->inbox_keep_bytes, 256u << 20);
  EXPECT_EQ(config->receipt_interval, absl::Milliseconds(20));
  EXPECT_EQ(config->log_retention, absl::Hours(24));
  EXPECT_EQ(config->quarantine_per_device, 2000);
  EXPECT_EQ(config->device_limits.measurements.burst, 200'000);
  EXPECT_EQ(config->device_limits.alarms.per_second, 2);
}

TEST_F(ConfigTest, TheAlarmLaneGoesOnWhereMeasurementsStop) {
  EXPECT_DOUBLE_EQ(Read("")->memory_limit, 0.7);
  EXPECT_DOUBLE_EQ(Read("lane: alarm\n")->memory_limit, 0.9);
  EXPECT_EQ(Read("lane: alarm\n")->lane, Lane::kAlarm);
}

TEST_F(ConfigTest, EveryKeyIsRead) {
  const auto config = Read(
      "workers: 3\ninbox: {max_bytes: 33554432, segment_bytes: 524288, keep: 30s, keep_bytes: "
      "16777216}\nreceipt_interval: 0ms\nlog_retention: 2h\n"
      "memory_limit_percent: 55\nquarantine_per_device: 7\n"
      "device_limits: {measurement_burst: 5000, measurements_per_second: 9, alarm_burst: 1001, alarms_per_second: "
      "8}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->workers, 3);
  EXPECT_EQ(config->inbox_max_bytes, 33'554'432u);
  EXPECT_EQ(config->inbox_segment_bytes, 524'288u);
  EXPECT_EQ(config->inbox_keep, absl::Seconds(30));
  EXPECT_EQ(config->inbox_keep_bytes, 16'777'216u);
  EXPECT_EQ(config->receipt_interval, absl::ZeroDuration());
  EXPECT_EQ(config->log_retention, absl::Hours(2));
  EXPECT_DOUBLE_EQ(config->memory_limit, 0.55);
  EXPECT_EQ(config->quarantine_per_device, 7);
  EXPECT_EQ(config->device_limits.measurements.burst, 5'000);
  EXPECT_EQ(config->device_limits.measurements.per_second, 9);
  EXPECT_EQ(config->device_limits.alarms.burst, 1'001);
  EXPECT_EQ(config->device_limits.alarms.per_second, 8);
}

TEST_F(ConfigTest, PresenceHasTimesOfItsOwn) {
  const auto config =
      Read("presence: {judge_each: 2s, least_grace: 3s, return_hold: 4s, never_seen_after: 5s, settle: 6s}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->presence.judge_each, absl::Seconds(2));
  EXPECT_EQ(config->presence.rules.least_grace, 3'000);
  EXPECT_EQ(config->presence.rules.return_hold, 4'000);
  EXPECT_EQ(config->presence.rules.never_seen_after, 5'000);
  EXPECT_EQ(config->presence.hearing.settle, 6'000);
}

TEST_F(ConfigTest, WhatNoIngestCanWorkWithIsRefused) {
  for (const std::string key :
       {"lane: fast", "workers: 17", "inbox: {max_bytes: 1}", "inbox: {segment_bytes: 1}", "inbox: {keep: 2h}",
        "inbox: {keep_bytes: 1}", "receipt_interval: 2s", "log_retention: 1s", "memory_limit_percent: 101",
        "quarantine_per_device: 0", "device_limits: {alarm_burst: 999}", "presence: {judge_each: 1h}"}) {
    const std::string name = key.substr(0, key.find(':'));
    EXPECT_THAT(std::string(Read(key + "\n").status().message()), HasSubstr(name)) << key;
  }
}

TEST_F(ConfigTest, PlainMqttIsForLoopbackOnly) {
  EXPECT_TRUE(Read("", "tcp://127.0.0.1:1883").ok());
  EXPECT_THAT(std::string(Read("", "tcp://mqtt.example:1883").status().message()), HasSubstr("ssl://"));
}

TEST_F(ConfigTest, AnUnknownKeyIsAnError) {
  EXPECT_THAT(std::string(Read("worker: 3\n").status().message()), HasSubstr("worker"));
}

}  // namespace
}  // namespace nara::ingest
