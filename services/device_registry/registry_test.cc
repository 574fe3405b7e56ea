// The registry's rules on a real PostgreSQL: units, devices, residents, clients,
// and who may do what.
#include "device_registry/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "common/rpc/error.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <typename T>
std::string Reason(const absl::StatusOr<T>& result) {
  return rpc::ReasonOf(result.status());
}

v1::Device NewDevice(const std::string& id, const std::string& owner = "14") {
  v1::Device device;
  device.set_id(id);
  device.set_product("scale");
  device.set_owner(owner);
  device.set_fallback_unit(owner == "14" ? "tech-14" : "alarm-1480");
  return device;
}

v1::RegisterDevicesRequest Registering(const std::vector<v1::Device>& devices) {
  v1::RegisterDevicesRequest request;
  for (const v1::Device& device : devices) *request.add_devices() = device;
  return request;
}

v1::ProvisionDevicesRequest Provisioning(const std::vector<std::string>& devices) {
  v1::ProvisionDevicesRequest request;
  for (const std::string& device : devices) {
    v1::CertificateRequest& one = *request.add_requests();
    one.set_device(device);
    one.set_csr_pem("csr");
  }
  return request;
}

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() { county_.Fill(); }

  std::vector<std::string> DevicesSeenBy(const std::string& who, const std::string& principal = "") {
    v1::ListDevicesRequest request;
    request.set_principal(principal);
    const auto response = registry_.ListDevices(county_.As(who), request);
    std::vector<std::string> ids;
    if (!response.ok()) return {std::string(response.status().message())};
    for (const v1::Device& device : response->devices()) ids.push_back(device.id());
    return ids;
  }
  std::string GetDevice(const std::string& who, const std::string& device) {
    v1::GetDeviceRequest request;
    request.set_device(device);
    return Reason(registry_.GetDevice(county_.As(who), request));
  }

  testing::County county_;
  Registry& registry_ = county_.registry();
};

TEST_F(RegistryTest, ListsTheFiftyPrincipalsWithTheirDevices) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1").ok());
  const auto response = registry_.ListPrincipals(county_.As("watch"), {});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->principals_size(), 50);
  for (const v1::Principal& principal : response->principals()) {
    if (principal.id() != "1480") {
      EXPECT_EQ(principal.device_counts_size(), 0);
      continue;
    }
    ASSERT_EQ(principal.device_counts_size(), 1);
    EXPECT_EQ(principal.device_counts(0).group(), "dispenser");
    EXPECT_EQ(principal.device_counts(0).count(), 1);
  }
}

TEST_F(RegistryTest, TheSameDeviceAgainIsNoErrorAndNoChange) {
  const auto request = Registering({NewDevice("new-1"), NewDevice("new-2")});
  ASSERT_TRUE(registry_.RegisterDevices(county_.As("hmc"), request).ok());
  const std::string revision = county_.Ask("select value from registry.revision");
  ASSERT_TRUE(registry_.RegisterDevices(county_.As("hmc"), request).ok());
  EXPECT_EQ(county_.Ask("select value from registry.revision"), revision);
  EXPECT_EQ(county_.Ask("select count(*) from registry.changes where action = 'register' and actor = 'hmc'"), "2");
}

TEST_F(RegistryTest, RegistersAllOrNone) {
  v1::Device other = NewDevice("bp-0001");
  other.set_serial("something else");
  EXPECT_EQ(Reason(registry_.RegisterDevices(county_.As("hmc"), Registering({NewDevice("new-1"), other}))),
            "DEVICE_DIFFERS");
  EXPECT_EQ(GetDevice("admin", "new-1"), "UNKNOWN_DEVICE");
  v1::Device lost = NewDevice("new-2");
  lost.set_fallback_unit("no-such-unit");
  EXPECT_EQ(Reason(registry_.RegisterDevices(county_.As("hmc"), Registering({lost}))), "UNKNOWN_UNIT");
}

TEST_F(RegistryTest, AFallbackUnitIsNamedByWhoMayActForIt) {
  const auto put = [&](const std::string& who, const std::string& owner, const std::string& unit) {
    v1::Device device = NewDevice("new-1", owner);
    device.set_fallback_unit(unit);
    return registry_.RegisterDevices(county_.As(who), Registering({NewDevice("new-2", owner), device})).status();
  };
  const absl::Status foreign = put("hmc", "14", "alarm-1480");
  const absl::Status missing = put("hmc", "14", "no-such-unit");
  EXPECT_EQ(rpc::ReasonOf(foreign), "UNKNOWN_UNIT");
  EXPECT_EQ(foreign.code(), missing.code());
  EXPECT_EQ(foreign.message(), missing.message());
  EXPECT_EQ(rpc::ReasonOf(missing), "UNKNOWN_UNIT");
  EXPECT_EQ(rpc::ReasonOf(put("chef-1480", "1480", "care-1490-1")), "UNKNOWN_UNIT");
  EXPECT_EQ(rpc::ReasonOf(put("admin", "1480", "no-such-unit")), "UNKNOWN_UNIT");
  EXPECT_EQ(county_.Ask("select count(*) from registry.devices where id like 'new-%'"), "0") << "all or none";
  EXPECT_TRUE(put("admin", "14", "alarm-1480").ok()) << "an agreement of two principals";
}

TEST_F(RegistryTest, RefusesDevicesOfHostileForm) {
  for (const std::string id : {"", "ab", "UPPER", "a/b", "a#", "-abc", "a b c", "../../etc", "nara-alarm-07"}) {
    EXPECT_EQ(Reason(registry_.RegisterDevices(county_.As("admin"), Registering({NewDevice(id)}))), "INVALID_FIELD")
        << id;
  }
  v1::Device odd = NewDevice("good-1");
  odd.set_product("no-such-product");
  EXPECT_EQ(Reason(registry_.RegisterDevices(county_.As("admin"), Registering({odd}))), "INVALID_FIELD");
  EXPECT_EQ(Reason(registry_.RegisterDevices(county_.As("admin"), Registering({NewDevice("good-1", "9999")}))),
            "INVALID_FIELD");
  odd = NewDevice("good-1");
  odd.set_serial(std::string(300, 'x'));
  EXPECT_EQ(Reason(registry_.RegisterDevices(county_.As("admin"), Registering({odd}))), "INVALID_FIELD");
  odd.set_serial("a\nb");
  EXPECT_EQ(Reason(registry_.RegisterDevices(county_.As("admin"), Registering({odd}))), "INVALID_FIELD");
  EXPECT_EQ(Reason(registry_.RegisterDevices(county_.As("admin"), Registering(std::vector(1001, NewDevice("good-1"))))),
            "INVALID_FIELD");
}

TEST_F(RegistryTest, RegistersAndProvisionsAThousandQuickly) {
  std::vector<v1::Device> devices;
  std::vector<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    ids.push_back("bulk-" + std::to_string(i));
    devices.push_back(NewDevice(ids.back()));
  }
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(registry_.RegisterDevices(county_.As("hmc"), Registering(devices)).ok());
  const auto response = registry_.ProvisionDevices(county_.As("hmc"), Provisioning(ids));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->credentials_size(), 1000);
  EXPECT_EQ(response->credentials(7).device(), "bulk-7");
  EXPECT_EQ(county_.Ask("select count(*) from registry.certificates"), "1000");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5)) << "sanitizers included";
  RecordProperty("register_and_provision_1000_ms",
                 std::to_string((std::chrono::steady_clock::now() - began) / std::chrono::milliseconds(1)));
}

TEST_F(RegistryTest, ProvisionsOnlyOnesOwnRegisteredDevices) {
  EXPECT_EQ(Reason(registry_.ProvisionDevices(county_.As("hmc"), Provisioning({"bp-0001", "not-there"}))),
            "UNKNOWN_DEVICE");
  EXPECT_EQ(Reason(registry_.ProvisionDevices(county_.As("hmc"), Provisioning({"disp-0001"}))), "UNKNOWN_DEVICE");
  EXPECT_EQ(Reason(registry_.ProvisionDevices(county_.As("care"), Provisioning({"disp-0001"}))), "FORBIDDEN");
  EXPECT_EQ(county_.Ask("select count(*) from registry.certificates"), "0");
}

TEST_F(RegistryTest, ADeviceIsSeenByItsOwnerAndByWhoeverAnswers) {
  ASSERT_TRUE(county_.Assign("a-1", "bp-0001", "r-1").ok());
  for (const char* who : {"admin", "watch", "hmc", "chef-1480", "care", "centre-1480"}) {
    EXPECT_EQ(GetDevice(who, "bp-0001"), "") << who;
  }
  EXPECT_EQ(GetDevice("chef-1490", "bp-0001"), "UNKNOWN_DEVICE");
  EXPECT_EQ(GetDevice("care", "disp-0001"), "UNKNOWN_DEVICE") << "not its unit's";
  EXPECT_THAT(DevicesSeenBy("watch"), ElementsAre("bp-0001", "disp-0001"));
  EXPECT_THAT(DevicesSeenBy("hmc"), ElementsAre("bp-0001"));
  EXPECT_THAT(DevicesSeenBy("care"), ElementsAre("bp-0001"));
  EXPECT_THAT(DevicesSeenBy("chef-1490"), IsEmpty());
  EXPECT_THAT(DevicesSeenBy("watch", "1480"), ElementsAre("bp-0001", "disp-0001"));
  EXPECT_THAT(DevicesSeenBy("watch", "14"), ElementsAre("bp-0001"));
}

TEST_F(RegistryTest, NotYoursAndNotThereLookTheSame) {
  v1::GetDeviceRequest hidden, missing;
  hidden.set_device("bp-0001");
  missing.set_device("bp-9999");
  const auto a = registry_.GetDevice(county_.As("chef-1490"), hidden).status();
  const auto b = registry_.GetDevice(county_.As("chef-1490"), missing).status();
  EXPECT_EQ(a.code(), b.code());
  EXPECT_EQ(a.message(), b.message());
  EXPECT_EQ(rpc::ReasonOf(a), rpc::ReasonOf(b));
}

TEST_F(RegistryTest, PagesThroughDevices) {
  v1::ListDevicesRequest request;
  request.set_page_size(1);
  std::vector<std::string> ids;
  do {
    const auto response = registry_.ListDevices(county_.As("admin"), request);
    ASSERT_TRUE(response.ok());
    for (const v1::Device& device : response->devices()) ids.push_back(device.id());
    request.set_page_token(response->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(ids, ElementsAre("bp-0001", "disp-0001"));
  request.set_page_size(-1);
  EXPECT_EQ(Reason(registry_.ListDevices(county_.As("admin"), request)), "INVALID_FIELD");
  request.set_page_size(1);
  request.set_page_token("'; drop table devices; --");
  EXPECT_EQ(Reason(registry_.ListDevices(county_.As("admin"), request)), "PAGE_TOKEN");
}

TEST_F(RegistryTest, ATokenIsGoodForItsQueryAlone) {
  v1::ListDevicesRequest request;
  request.set_page_size(1);
  request.set_page_token(registry_.ListDevices(county_.As("admin"), request)->next_page_token());
  request.set_page_size(2);
  EXPECT_TRUE(registry_.ListDevices(county_.As("admin"), request).ok()) << "another size is the same query";
  request.set_product("scale");
  EXPECT_EQ(Reason(registry_.ListDevices(county_.As("admin"), request)), "PAGE_TOKEN");
}

TEST_F(RegistryTest, AResidentIsCreatedOnce) {
  v1::CreateResidentRequest request;
  request.set_principal("1480");
  const auto given = registry_.CreateResident(county_.As("chef-1480"), request);
  ASSERT_TRUE(given.ok());
  EXPECT_FALSE(given->resident().empty());
  request.set_resident("r-1");
  EXPECT_TRUE(registry_.CreateResident(county_.As("chef-1480"), request).ok());
  request.set_principal("1490");
  EXPECT_EQ(Reason(registry_.CreateResident(county_.As("chef-1480"), request)), "UNKNOWN_PRINCIPAL");
  EXPECT_EQ(Reason(registry_.CreateResident(county_.As("admin"), request)), "RESIDENT_ID_TAKEN");
  request.set_resident("19121212-1212 not opaque");
  EXPECT_EQ(Reason(registry_.CreateResident(county_.As("admin"), request)), "INVALID_FIELD");
}

TEST_F(RegistryTest, AClientMayCallAsSoonAsPutClientHasAnswered) {
  v1::PutClientRequest request;
  request.mutable_client()->set_id("new-centre");
  request.mutable_client()->set_role("alarm_centre");
  request.mutable_client()->set_token_sha256(TokenHash("secret"));
  ASSERT_TRUE(registry_.PutClient(county_.As("admin"), request).ok());
  EXPECT_EQ(county_.As("new-centre").role, Role::kAlarmCentre);
  request.mutable_client()->set_revoked(true);
  ASSERT_TRUE(registry_.PutClient(county_.As("admin"), request).ok());
  EXPECT_TRUE(county_.feeds().access.table().Find("new-centre")->revoked());
  request.mutable_client()->set_id("thief");
  EXPECT_EQ(Reason(registry_.PutClient(county_.As("admin"), request)), "TOKEN_IN_USE");
  EXPECT_EQ(
      county_.Ask("select count(*) from registry.changes where detail::text like '%" + TokenHash("secret") + "%'"),
      "0");
}

TEST_F(RegistryTest, ARevokedClientGetsNoTokenUntilItMayCallAgain) {
  v1::PutClientRequest request;
  v1::Client& client = *request.mutable_client();
  client.set_id("new-centre");
  client.set_role("alarm_centre");
  client.set_token_sha256(TokenHash("secret"));
  ASSERT_TRUE(registry_.PutClient(county_.As("admin"), request).ok());
  client.set_revoked(true);
  ASSERT_TRUE(registry_.PutClient(county_.As("admin"), request).ok());
  client.set_token_sha256(TokenHash("another"));
  const auto refused = registry_.PutClient(county_.As("admin"), request);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status())) << refused.status();
  EXPECT_EQ(Reason(refused), "CLIENT_REVOKED");
  EXPECT_EQ(county_.feeds().access.table().Find("new-centre")->token_sha256(), TokenHash("secret"));
  client.clear_token_sha256();
  EXPECT_EQ(Reason(registry_.PutClient(county_.As("admin"), request)), "") << "to take it away is no grant";
  client.set_revoked(false);
  client.set_token_sha256(TokenHash("another"));
  EXPECT_EQ(Reason(registry_.PutClient(county_.As("admin"), request)), "");
}

TEST_F(RegistryTest, RefusesClientsThatWouldBeMoreThanTheyMay) {
  const auto put = [&](const std::string& who, const std::string& id, const std::string& role) {
    v1::PutClientRequest request;
    request.mutable_client()->set_id(id);
    request.mutable_client()->set_role(role);
    return Reason(registry_.PutClient(county_.As(who), request));
  };
  EXPECT_EQ(put("admin", "nara-ingest", "operator"), "INVALID_FIELD");
  EXPECT_EQ(put("admin", "nara-admin", "operator"), "INVALID_FIELD");
  EXPECT_EQ(put("admin", "somebody", "admin"), "INVALID_FIELD");
  EXPECT_EQ(put("admin", "somebody", "service"), "INVALID_FIELD");
  EXPECT_EQ(put("admin", "somebody", "root"), "INVALID_FIELD");
  EXPECT_EQ(put("admin", "nara-fleet", "simulator"), "");
  EXPECT_EQ(put("chef-1480", "somebody", "operator"), "FORBIDDEN");
}

TEST_F(RegistryTest, AClientHasUnitsThatAreThereAndOfItsPrincipal) {
  const auto put = [&](const std::string& principal, const std::vector<std::string>& units) {
    v1::PutClientRequest request;
    request.mutable_client()->set_id("new-care");
    request.mutable_client()->set_role("care_unit");
    request.mutable_client()->set_principal(principal);
    for (const std::string& unit : units) request.mutable_client()->add_units(unit);
    return Reason(registry_.PutClient(county_.As("admin"), request));
  };
  EXPECT_EQ(put("1480", {"care-1480-1", "care-1480-2"}), "");
  EXPECT_EQ(put("", {"care-1480-1", "care-1490-1"}), "");
  EXPECT_EQ(put("1480", {"care-1480-1", "care-1490-1"}), "INVALID_FIELD");
  EXPECT_EQ(put("1480", {"of-the-future"}), "INVALID_FIELD");
  EXPECT_EQ(put("", {"of-the-future"}), "INVALID_FIELD");
}

TEST_F(RegistryTest, OnlyServicesFollowTheWatches) {
  EXPECT_TRUE(registry_.CheckWatch(county_.As("ingest")).ok());
  for (const char* who : {"admin", "watch", "care", "hmc"}) EXPECT_FALSE(registry_.CheckWatch(county_.As(who)).ok());
}

}  // namespace
}  // namespace nara::registry
