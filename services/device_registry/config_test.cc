#include "device_registry/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/testing/temp_dir.h"

namespace nara::registry {
namespace {

using ::testing::HasSubstr;

class ConfigTest : public ::testing::Test {
 protected:
  absl::StatusOr<Config> Read(const std::string& more) {
    const std::string file = dir_.Write("file", "content");
    const std::string text = "grpc: {listen: \"127.0.0.1:7101\"}\ntls: {ca: " + file + ", cert: " + file +
                             ", key: " + file +
                             "}\npostgres: {conninfo: \"host=/run dbname=nara\"}\ncatalogue: " + dir_.path() +
                             "\nmqtt_password_key: " + file + "\nidentity_keys: " + file +
                             "\nmqtt: {address: \"ssl://nara-mqtt:8884\"}\n" + more;
    absl::StatusOr<config::Section> root = config::Section::Parse(text, "registry.yaml");
    if (!root.ok()) return root.status();
    return ReadConfig(*root);
  }
  std::string Files() const { return "device_ca: {cert: " + dir_.File("file") + ", key: " + dir_.File("file") + "}\n"; }

  nara::testing::TempDir dir_;
};

TEST_F(ConfigTest, ReadsWhatTheStackWrites) {
  const absl::StatusOr<Config> config = Read(Files());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->grpc.listen.port, 7101);
  EXPECT_EQ(config->connections, 4);
  EXPECT_EQ(config->identity_reads_days, 1827);
  EXPECT_EQ(config->mqtt, "ssl://nara-mqtt:8884");
  EXPECT_EQ(config->device_ca_key, dir_.File("file"));
}

TEST_F(ConfigTest, NamesKeyAndLineOfAMistake) {
  const std::string message(Read(Files() + "postgres_connections: 99\ncolour: red\n").status().message());
  EXPECT_THAT(message, HasSubstr("postgres_connections"));
  EXPECT_THAT(message, HasSubstr("registry.yaml:9"));
  EXPECT_THAT(message, HasSubstr("colour"));
}

TEST_F(ConfigTest, KeepsLooksForAMonthAtLeast) {
  EXPECT_EQ(Read(Files() + "identity_reads_days: 365\n")->identity_reads_days, 365);
  EXPECT_FALSE(Read(Files() + "identity_reads_days: 29\n").ok());
}

TEST_F(ConfigTest, NeedsTheDeviceCa) {
  EXPECT_FALSE(Read("").ok());
}

}  // namespace
}  // namespace nara::registry
