#include "device_registry/privacy/privacy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rpc/error.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

class PrivacyTest : public ::testing::Test {
 protected:
  PrivacyTest() { county_.Fill(); }

  absl::StatusOr<v1::ListClientsResponse> List(const std::string& who, const std::string& client = "", int size = 0,
                                               const std::string& token = "") {
    v1::ListClientsRequest request;
    request.set_client(client);
    request.set_page_size(size);
    request.set_page_token(token);
    return county_.privacy().ListClients(county_.As(who), request);
  }

  testing::County county_;
};

TEST_F(PrivacyTest, TheAdministratorSeesEveryClientByPages) {
  EXPECT_EQ(List("admin")->clients_size(), 8);
  const auto first = List("admin", "", 5);
  ASSERT_EQ(first->clients_size(), 5);
  const auto second = List("admin", "", 5, first->next_page_token());
  ASSERT_EQ(second->clients_size(), 3);
  EXPECT_EQ(second->next_page_token(), "");
  EXPECT_EQ(rpc::ReasonOf(List("admin", "care", 5, first->next_page_token()).status()), "PAGE_TOKEN");
}

TEST_F(PrivacyTest, OneClientIsFoundByItsId) {
  const auto found = List("admin", "hmc");
  ASSERT_EQ(found->clients_size(), 1);
  EXPECT_EQ(found->clients(0).role(), "supplier");
  EXPECT_EQ(List("admin", "nobody")->clients_size(), 0);
}

TEST_F(PrivacyTest, NobodyElseSeesWhoMayCall) {
  for (const char* who : {"chef-1480", "watch", "hmc", "care", "centre-1480", "ingest"}) {
    EXPECT_EQ(rpc::ReasonOf(List(who).status()), "FORBIDDEN") << who;
  }
}

TEST_F(PrivacyTest, AClientWithScopesMayDoThoseOnly) {
  v1::PutClientRequest request;
  v1::Client& client = *request.mutable_client();
  client.set_id("vendor-cloud");
  client.set_role("supplier");
  client.set_principal("14");
  client.add_scopes("read_device");
  const auto put = county_.registry().PutClient(county_.As("admin"), request);
  ASSERT_TRUE(put.ok()) << put.status();
  ASSERT_TRUE(county_.CatchUp());
  const Caller vendor = county_.As("vendor-cloud");
  v1::GetDeviceRequest get;
  get.set_device("bp-0001");
  EXPECT_TRUE(county_.registry().GetDevice(vendor, get).ok());
  v1::RevokeDeviceRequest revoke;
  revoke.set_device("bp-0001");
  revoke.set_reason(v1::REVOCATION_REASON_LOST);
  EXPECT_EQ(rpc::ReasonOf(county_.identity().RevokeDevice(vendor, revoke).status()), "FORBIDDEN");
  EXPECT_EQ(List("admin", "vendor-cloud")->clients(0).scopes(0), "read_device");
}

TEST_F(PrivacyTest, AScopeIsAnActionAndGivesNothingThatTheRoleHasNot) {
  v1::PutClientRequest request;
  v1::Client& client = *request.mutable_client();
  client.set_id("vendor-cloud");
  client.set_role("supplier");
  for (const std::vector<std::string>& bad :
       {std::vector<std::string>{"read_everything"}, {"submit", "submit"}, {""}}) {
    client.clear_scopes();
    for (const std::string& scope : bad) client.add_scopes(scope);
    EXPECT_EQ(rpc::ReasonOf(county_.registry().PutClient(county_.As("admin"), request).status()), "INVALID_FIELD");
  }
  const Caller caller{.id = "x",
                      .role = Role::kSupplier,
                      .principal = "14",
                      .units = {},
                      .token_sha256 = {},
                      .via = {},
                      .reason = {},
                      .scopes = {"read_care_data"}};
  EXPECT_TRUE(ReachOf(caller, Action::kReadCareData).nothing());
  EXPECT_TRUE(ReachOf(caller, Action::kReadDevice).nothing());
}

}  // namespace
}  // namespace nara::registry
