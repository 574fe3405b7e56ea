#include "data_broker/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/temp_dir.h"

namespace nara::broker {
namespace {

using ::testing::HasSubstr;

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    for (const char* file : {"ca.pem", "cert.pem", "key.pem", "cursor.key"}) dir_.Write(file, "x");
  }

  absl::StatusOr<Config> Read(const std::string& more) {
    dir_.Write("broker.yaml",
               "grpc: {listen: \"127.0.0.1:7104\"}\n"
               "tls: {ca: ca.pem, cert: cert.pem, key: key.pem}\n"
               "redis: {address: \"unix:/run/redis.sock\"}\n"
               "postgres: {conninfo: \"host=/run dbname=nara\"}\n"
               "registry: {address: \"127.0.0.1:7101\"}\n"
               "catalogue: .\nstate_dir: .\n" +
                   more);
    auto section = config::Section::Load(dir_.File("broker.yaml"));
    if (!section.ok()) return section.status();
    return ReadConfig(*section);
  }

  nara::testing::TempDir dir_;
};

TEST_F(ConfigTest, DefaultsAreFilledIn) {
  const auto config = Read("cursor_key: cursor.key\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->subscriber_queue, 4096U);
  EXPECT_EQ(config->history_readers, 4U);
  EXPECT_THAT(config->cursor_key, HasSubstr("cursor.key"));
}

TEST_F(ConfigTest, TheKeyOfCursorsIsRequired) {
  EXPECT_THAT(std::string(Read("").status().message()), HasSubstr("cursor_key"));
}

TEST_F(ConfigTest, AnUnknownKeyIsAnError) {
  const auto config = Read("cursor_key: cursor.key\nsubscriber_queu: 5\n");
  EXPECT_THAT(std::string(config.status().message()), HasSubstr("subscriber_queu"));
}

}  // namespace
}  // namespace nara::broker
