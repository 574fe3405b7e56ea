#include "gateway/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/temp_dir.h"

namespace nara::gateway {
namespace {

using ::testing::HasSubstr;

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    for (const char* file : {"ca.pem", "cert.pem", "key.pem", "openapi.json", "personas.json"}) dir_.Write(file, "x");
  }

  absl::StatusOr<Config> Read(const std::string& http, const std::string& more = "") {
    dir_.Write("gateway.yaml",
               "tls: {ca: ca.pem, cert: cert.pem, key: key.pem}\n"
               "registry: {address: \"127.0.0.1:7101\"}\n"
               "alerts: {address: \"127.0.0.1:7103\"}\n"
               "broker: {address: \"127.0.0.1:7104\"}\n"
               "catalogue: .\nstate_dir: .\nweb: .\nopenapi: openapi.json\n"
               "http: {" +
                   http + "}\n" + more);
    auto section = config::Section::Load(dir_.File("gateway.yaml"));
    if (!section.ok()) return section.status();
    return ReadConfig(*section);
  }

  std::string Problem(const std::string& http, const std::string& more = "") {
    return std::string(Read(http, more).status().message());
  }

  static constexpr char kPlain[] = "listen: \"127.0.0.1:8080\"";
  static constexpr char kTls[] = "listen: \"0.0.0.0:8443\", cert: cert.pem, key: key.pem";
  nara::testing::TempDir dir_;
};

TEST_F(ConfigTest, NamesWhereToListenAndWhoIsBehind) {
  const auto config = Read(kTls);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->http.listen.ToString(), "0.0.0.0:8443");
  EXPECT_EQ(config->alerts, "127.0.0.1:7103");
  EXPECT_THAT(config->http.cert, HasSubstr("cert.pem"));
}

TEST_F(ConfigTest, ACertificateComesWithItsKey) {
  EXPECT_THAT(Problem("listen: \"0.0.0.0:8443\", cert: cert.pem"), HasSubstr("cert and key, or neither"));
  EXPECT_THAT(Problem("listen: \"0.0.0.0:8443\", key: key.pem"), HasSubstr("cert and key, or neither"));
}

TEST_F(ConfigTest, PersonasAreForPlainLoopbackOnly) {
  EXPECT_TRUE(Read(kPlain, "personas: personas.json\n").ok());
  for (const char* http :
       {kTls, "listen: \"10.0.0.1:8080\"", "listen: \"127.0.0.1:8443\", cert: cert.pem, key: key.pem"}) {
    EXPECT_THAT(Problem(http, "personas: personas.json\n"), HasSubstr("plain loopback only")) << http;
  }
}

TEST_F(ConfigTest, ConnectionsAreLimitedAndLeaveRoomForRequests) {
  const std::string http = kPlain;
  EXPECT_EQ(Read(http)->http.max_connections, 1024u);
  EXPECT_EQ(Read(http)->http.max_connections_of_address, 512u);
  const auto config = Read(http + ", max_connections: 4096, max_connections_of_address: 64");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->http.max_connections, 4096u);
  EXPECT_EQ(config->http.max_connections_of_address, 64u);
  EXPECT_THAT(Problem(http + ", max_connections: 100"), HasSubstr("1024"));
  EXPECT_THAT(Problem(http + ", max_connections_of_address: 0"), HasSubstr("max_connections_of_address"));
}

TEST_F(ConfigTest, WhereToListenIsRequired) {
  EXPECT_THAT(Problem(""), HasSubstr("listen"));
}

TEST_F(ConfigTest, AnUnknownKeyIsAnError) {
  EXPECT_THAT(Problem(kPlain, "persona: personas.json\n"), HasSubstr("persona"));
}

}  // namespace
}  // namespace nara::gateway
