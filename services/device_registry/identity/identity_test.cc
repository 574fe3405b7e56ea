// Revocation, certificates and controller numbers on a real PostgreSQL.
#include "device_registry/identity/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "common/rpc/error.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class IdentityTest : public ::testing::Test {
 protected:
  IdentityTest() { county_.Fill(); }

  absl::StatusOr<v1::RevokeDeviceResponse> Revoke(const std::string& device, const std::string& serial = "",
                                                  v1::RevocationReason reason = v1::REVOCATION_REASON_LOST,
                                                  const std::string& who = "hmc") {
    v1::RevokeDeviceRequest request;
    request.set_device(device);
    request.set_serial(serial);
    request.set_reason(reason);
    return county_.identity().RevokeDevice(county_.As(who), request);
  }
  absl::StatusOr<v1::LiftRevocationResponse> Lift(const std::string& device, const std::string& serial,
                                                  std::uint64_t revision, const std::string& who = "hmc") {
    v1::LiftRevocationRequest request;
    request.set_device(device);
    request.set_serial(serial);
    request.set_revision(revision);
    return county_.identity().LiftRevocation(county_.As(who), request);
  }
  absl::StatusOr<v1::ListCertificatesResponse> List(const std::string& device, const std::string& token = "",
                                                    int size = 0) {
    v1::ListCertificatesRequest request;
    request.set_device(device);
    request.set_page_size(size);
    request.set_page_token(token);
    return county_.identity().ListCertificates(county_.As("hmc"), request);
  }
  absl::StatusOr<v1::SetControllerResponse> Number(const std::string& device, const std::string& controller = "",
                                                   const std::string& who = "admin") {
    v1::SetControllerRequest request;
    request.set_device(device);
    request.set_controller(controller);
    return county_.identity().SetController(county_.As(who), request);
  }
  // The serial number of a new certificate.
  std::string Provision(const std::string& device) {
    v1::ProvisionDevicesRequest request;
    request.add_requests()->set_device(device);
    request.mutable_requests(0)->set_csr_pem("request");
    EXPECT_TRUE(county_.registry().ProvisionDevices(county_.As("admin"), request).ok());
    return county_.Ask("select max(serial) from registry.certificates where device = '" + device + "'");
  }
  RevokedList Revoked() { return county_.identity_store().ReadRevoked().value(); }

  testing::County county_;
};

TEST_F(IdentityTest, ADeviceIsRevokedUntilThatIsLifted) {
  const auto revoked = Revoke("bp-0001");
  ASSERT_TRUE(revoked.ok()) << revoked.status();
  EXPECT_TRUE(revoked->in_force());
  EXPECT_THAT(Revoked().devices, ElementsAre("bp-0001"));
  EXPECT_EQ(Revoked().generation, revoked->revocation().revision());
  const auto lifted = Lift("bp-0001", "", revoked->revocation().revision());
  ASSERT_TRUE(lifted.ok()) << lifted.status();
  EXPECT_TRUE(lifted->revocation().has_lifted_at());
  EXPECT_EQ(Revoked().generation, lifted->revocation().lifted_revision());
  EXPECT_THAT(Revoked().devices, IsEmpty());
}

TEST_F(IdentityTest, ARetryIsAnsweredAsTheFirst) {
  const auto first = Revoke("bp-0001");
  EXPECT_EQ(Revoke("bp-0001")->SerializeAsString(), first->SerializeAsString());
  const auto lifted = Lift("bp-0001", "", first->revocation().revision());
  EXPECT_EQ(Lift("bp-0001", "", first->revocation().revision())->SerializeAsString(), lifted->SerializeAsString());
}

TEST_F(IdentityTest, AnotherReasonIsAnotherWish) {
  EXPECT_TRUE(Revoke("bp-0001").ok());
  EXPECT_EQ(rpc::ReasonOf(Revoke("bp-0001", "", v1::REVOCATION_REASON_RETIRED).status()), "REVOCATION_DIFFERS");
}

TEST_F(IdentityTest, AStaleRevisionLiftsNothing) {
  const auto first = Revoke("bp-0001");
  EXPECT_EQ(rpc::ReasonOf(Lift("bp-0001", "", 1).status()), "STALE_VERSION");
  EXPECT_TRUE(Lift("bp-0001", "", first->revocation().revision()).ok());
  EXPECT_TRUE(Revoke("bp-0001").ok());
  EXPECT_TRUE(Lift("bp-0001", "", first->revocation().revision()).ok());  // a late retry of the first
  EXPECT_THAT(Revoked().devices, ElementsAre("bp-0001"));
}

TEST_F(IdentityTest, OneCertificateIsRevokedAndTheOthersAreNot) {
  const std::string old = Provision("bp-0001");
  const std::string fresh = Provision("bp-0001");
  ASSERT_TRUE(Revoke("bp-0001", old, v1::REVOCATION_REASON_REPLACED).ok());
  EXPECT_THAT(Revoked().serials, ElementsAre(old));
  EXPECT_THAT(Revoked().devices, IsEmpty());
  const auto listed = List("bp-0001");
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->certificates_size(), 2);
  EXPECT_EQ(listed->certificates(0).revocation().serial(), old);
  EXPECT_FALSE(listed->certificates(1).has_revocation());
  EXPECT_FALSE(listed->has_revocation());
}

TEST_F(IdentityTest, ACertificateThatHasExpiredIsNotPublished) {
  const std::string serial = Provision("bp-0001");
  ASSERT_TRUE(Revoke("bp-0001", serial).ok());
  county_.Ask(
      "with x as (update registry.certificates set not_after = now() - interval '2 days' returning 1) select 1");
  EXPECT_THAT(Revoked().serials, IsEmpty());
}

TEST_F(IdentityTest, ARevokedDeviceGetsNeitherCertificateNorPassword) {
  const auto revoked = Revoke("disp-0001", "", v1::REVOCATION_REASON_LOST, "admin");
  ASSERT_TRUE(revoked.ok()) << revoked.status();
  v1::ProvisionDevicesRequest request;
  for (const std::string device : {"bp-0001", "disp-0001"}) {
    v1::CertificateRequest& one = *request.add_requests();
    one.set_device(device);
    one.set_csr_pem("request");
  }
  const auto refused = county_.registry().ProvisionDevices(county_.As("admin"), request);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status())) << refused.status();
  EXPECT_EQ(rpc::ReasonOf(refused.status()), "DEVICE_REVOKED");
  EXPECT_EQ(county_.Ask("select count(*) from registry.certificates"), "0") << "all or none";
  ASSERT_TRUE(Lift("disp-0001", "", revoked->revocation().revision(), "admin").ok());
  EXPECT_TRUE(county_.registry().ProvisionDevices(county_.As("admin"), request).ok());
}

TEST_F(IdentityTest, ACertificateOfAnotherDeviceIsNotThere) {
  const std::string serial = Provision("disp-0001");
  EXPECT_EQ(rpc::ReasonOf(Revoke("bp-0001", serial).status()), "UNKNOWN_CERTIFICATE");
  EXPECT_EQ(rpc::ReasonOf(Revoke("bp-0001", std::string(32, 'f')).status()), "UNKNOWN_CERTIFICATE");
  EXPECT_EQ(rpc::ReasonOf(Revoke("bp-0001", "0A").status()), "INVALID_FIELD");
  EXPECT_THAT(county_.Try("insert into registry.revocations (revision, device, serial, reason) values (999999, "
                          "'bp-0001', '" +
                          serial + "', 1)"),
              HasSubstr("foreign key"));
}

TEST_F(IdentityTest, WhoseItIsNotSeesNoDevice) {
  for (const std::string who : {"chef-1480", "chef-1490"}) {
    const absl::Status hidden = Revoke("bp-0001", "", v1::REVOCATION_REASON_LOST, who).status();
    EXPECT_EQ(hidden.ToString().find("bp-0001") == std::string::npos,
              Revoke("bp-9999", "", v1::REVOCATION_REASON_LOST, who).status().ToString().find("bp-9999") ==
                  std::string::npos);
    EXPECT_EQ(rpc::ReasonOf(hidden), "UNKNOWN_DEVICE") << who;
    EXPECT_EQ(rpc::ReasonOf(Lift("bp-0001", "", 1, who).status()), "UNKNOWN_DEVICE") << who;
  }
  for (const std::string who : {"care", "centre-1480", "watch", "ingest"}) {
    EXPECT_EQ(rpc::ReasonOf(Revoke("bp-0001", "", v1::REVOCATION_REASON_LOST, who).status()), "FORBIDDEN") << who;
  }
  EXPECT_THAT(Revoked().devices, IsEmpty());
}

TEST_F(IdentityTest, AReasonIsGiven) {
  EXPECT_EQ(rpc::ReasonOf(Revoke("bp-0001", "", v1::REVOCATION_REASON_UNSPECIFIED).status()), "INVALID_FIELD");
  EXPECT_EQ(rpc::ReasonOf(Revoke("bp-0001", "", static_cast<v1::RevocationReason>(99)).status()), "INVALID_FIELD");
}

TEST_F(IdentityTest, ManyWhoRevokeAtOnceMakeOneRevocation) {
  std::vector<std::jthread> callers;
  for (int i = 0; i < 8; ++i) callers.emplace_back([this] { EXPECT_TRUE(Revoke("bp-0001").ok()); });
  callers.clear();
  EXPECT_EQ(county_.Ask("select count(*) from registry.revocations"), "1");
}

TEST_F(IdentityTest, CertificatesHavePages) {
  for (int i = 0; i < 3; ++i) Provision("bp-0001");
  const auto first = List("bp-0001", "", 2);
  ASSERT_EQ(first->certificates_size(), 2);
  const auto second = List("bp-0001", first->next_page_token(), 2);
  ASSERT_EQ(second->certificates_size(), 1);
  EXPECT_EQ(second->next_page_token(), "");
  EXPECT_EQ(rpc::ReasonOf(List("bp-0001", "nonsense", 2).status()), "PAGE_TOKEN");
}

TEST_F(IdentityTest, TheAuditSaysWhoAndWhatBefore) {
  const auto revoked = Revoke("bp-0001");
  Lift("bp-0001", "", revoked->revocation().revision()).IgnoreError();
  EXPECT_EQ(county_.Ask("select string_agg(actor || ' ' || action || ' ' || id, ', ' order by revision) "
                        "from registry.changes where action in ('revoke', 'lift')"),
            "hmc revoke bp-0001, hmc lift bp-0001");
}

TEST_F(IdentityTest, ADeviceGetsANumberAndKeepsIt) {
  const auto given = Number("disp-0001");
  ASSERT_TRUE(given.ok()) << given.status();
  EXPECT_EQ(given->controller().size(), 10u);
  EXPECT_EQ(Number("disp-0001")->controller(), given->controller());
  EXPECT_EQ(Number("disp-0001", given->controller())->controller(), given->controller());
  EXPECT_EQ(rpc::ReasonOf(Number("disp-0001", "7").status()), "CONTROLLER_DIFFERS");
  ASSERT_TRUE(county_.CatchUp());
  EXPECT_EQ(county_.feeds().routes.table().Find("disp-0001")->controller(), given->controller());
}

TEST_F(IdentityTest, ANumberIsOneDevicesOnly) {
  ASSERT_TRUE(Number("disp-0001", "0042").ok());
  EXPECT_EQ(rpc::ReasonOf(Number("bp-0001", "0042").status()), "CONTROLLER_IN_USE");
  EXPECT_TRUE(Number("bp-0001", "42").ok());
  EXPECT_THAT(county_.Try("update registry.devices set controller = '42'"), HasSubstr("devices_one_controller"));
}

TEST_F(IdentityTest, ANumberThatWasChosenIsNotGivenToAnother) {
  ASSERT_TRUE(Number("bp-0001", "1000000000").ok());
  EXPECT_EQ(Number("disp-0001")->controller(), "1000000001");
}

TEST_F(IdentityTest, ANumberHasOneToSixteenDigits) {
  for (const std::string bad : {"12345678901234567", "12a", " 1", "-1", "１２"}) {
    EXPECT_EQ(rpc::ReasonOf(Number("bp-0001", bad).status()), "INVALID_FIELD") << bad;
  }
  EXPECT_TRUE(Number("bp-0001", "1234567890123456").ok());
}

TEST_F(IdentityTest, ADeviceWithANumberIsRegisteredAgainWithoutError) {
  ASSERT_TRUE(Number("bp-0001").ok());
  v1::GetDeviceRequest get;
  get.set_device("bp-0001");
  v1::RegisterDevicesRequest request;
  *request.add_devices() = county_.registry().GetDevice(county_.As("admin"), get)->device();
  EXPECT_THAT(request.devices(0).controller(), Not(IsEmpty()));
  EXPECT_TRUE(county_.registry().RegisterDevices(county_.As("admin"), request).ok());
}

}  // namespace
}  // namespace nara::registry
