// Enrolment by code and renewal by proof on a real PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "common/rpc/error.h"
#include "device_registry/identity/identity.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

class EnrolmentTest : public ::testing::Test {
 protected:
  EnrolmentTest() { county_.Fill(); }

  Caller Gateway() const { return {.id = "nara-gateway", .role = Role::kService, .principal = {}, .units = {}}; }
  absl::StatusOr<v1::CreateEnrolmentResponse> Create(const std::string& device, const std::string& who = "hmc",
                                                     std::int64_t seconds = 0) {
    v1::CreateEnrolmentRequest request;
    request.set_device(device);
    if (seconds != 0) request.mutable_validity()->set_seconds(seconds);
    return county_.identity().CreateEnrolment(county_.As(who), request);
  }
  absl::StatusOr<v1::EnrolResponse> Enrol(const Caller& caller, const std::string& device, const std::string& code,
                                          const std::string& csr = "request") {
    v1::EnrolRequest request;
    request.set_device(device);
    request.set_code(code);
    request.set_csr_pem(csr);
    return county_.identity().Enrol(caller, request);
  }
  std::string Refused(const std::string& device, const std::string& code, const std::string& csr = "request") {
    return rpc::ReasonOf(Enrol(Gateway(), device, code, csr).status());
  }
  absl::StatusOr<v1::RenewCertificateResponse> Renew(const std::string& device, const std::string& serial,
                                                     const std::string& csr, const std::string& signature = "signed") {
    v1::RenewCertificateRequest request;
    request.set_device(device);
    request.set_certificate_pem(serial + " of " + device);
    request.set_csr_pem(csr);
    request.set_signature(signature);
    return county_.identity().RenewCertificate(Gateway(), request);
  }
  // The serial number of the device's certificate, got by a code.
  std::string Enrolled(const std::string& device) {
    EXPECT_TRUE(Enrol(Gateway(), device, Create(device)->code(), "first").ok());
    return county_.Ask("select max(serial) from registry.certificates where device = '" + device + "'");
  }
  absl::Status Revoke(const std::string& device, const std::string& serial = "") {
    v1::RevokeDeviceRequest request;
    request.set_device(device);
    request.set_serial(serial);
    request.set_reason(v1::REVOCATION_REASON_KEY_COMPROMISED);
    return county_.identity().RevokeDevice(county_.As("admin"), request).status();
  }
  absl::Status Lift(const std::string& device) {
    v1::LiftRevocationRequest request;
    request.set_device(device);
    request.set_revision(std::stoull(county_.Ask("select max(revision) from registry.revocations")));
    return county_.identity().LiftRevocation(county_.As("admin"), request).status();
  }
  void Update(const std::string& table, const std::string& set) {
    county_.Ask("with x as (update registry." + table + " set " + set + " returning 1) select count(*) from x");
  }

  testing::County county_;
};

TEST_F(EnrolmentTest, ACodeLetsOneDeviceIn) {
  const auto created = Create("bp-0001");
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->code().size(), 19u);
  const auto enrolled = Enrol(Gateway(), "bp-0001", created->code());
  ASSERT_TRUE(enrolled.ok()) << enrolled.status();
  EXPECT_EQ(enrolled->credentials().certificate_pem(), "cert of bp-0001");
  EXPECT_EQ(enrolled->credentials().mqtt_password(), "");
}

TEST_F(EnrolmentTest, ACodeIsReadAsPeopleWriteIt) {
  std::string code = Create("bp-0001")->code();
  std::replace(code.begin(), code.end(), '-', ' ');
  std::transform(code.begin(), code.end(), code.begin(), [](unsigned char c) { return std::toupper(c); });
  EXPECT_TRUE(Enrol(Gateway(), "bp-0001", code).ok());
}

TEST_F(EnrolmentTest, ACodeIsStoredAsAHashAlone) {
  std::string code = Create("bp-0001")->code();
  std::erase(code, '-');
  EXPECT_EQ(county_.Ask("select count(*) from registry.enrolments e where e::text like '%" + code + "%'"), "0");
  EXPECT_EQ(county_.Ask("select count(*) from registry.changes c where c::text like '%" + code + "%'"), "0");
}

TEST_F(EnrolmentTest, TheAnswerThatWasLostIsGivenAgainAndNothingElse) {
  const std::string code = Create("bp-0001")->code();
  const auto first = Enrol(Gateway(), "bp-0001", code);
  EXPECT_EQ(Enrol(Gateway(), "bp-0001", code)->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(county_.Ask("select count(*) from registry.certificates"), "1");
  EXPECT_EQ(Refused("bp-0001", code, "another request"), "ENROLMENT_REFUSED");
}

TEST_F(EnrolmentTest, WhateverIsWrongIsRefusedAlike) {
  const std::string code = Create("bp-0001")->code();
  const absl::Status wrong = Enrol(Gateway(), "bp-0001", "0000-0000-0000-0000").status();
  const absl::Status none = Enrol(Gateway(), "disp-0001", code).status();
  const absl::Status unknown = Enrol(Gateway(), "bp-9999", code).status();
  EXPECT_EQ(rpc::ReasonOf(wrong), "ENROLMENT_REFUSED");
  EXPECT_EQ(wrong.message(), none.message());
  EXPECT_EQ(wrong.message(), unknown.message());
  Update("enrolments", "expires_at = now() - interval '1 second'");
  EXPECT_EQ(Enrol(Gateway(), "bp-0001", code).status().message(), wrong.message());
}

TEST_F(EnrolmentTest, ACodeEndsWhenTheDeviceIsRevoked) {
  const std::string code = Create("bp-0001")->code();
  ASSERT_TRUE(Revoke("bp-0001").ok());
  ASSERT_TRUE(Lift("bp-0001").ok());
  EXPECT_EQ(Refused("bp-0001", code), "ENROLMENT_REFUSED");
}

TEST_F(EnrolmentTest, ACodeEndsWhenTheDeviceIsLost) {
  const std::string code = Create("bp-0001")->code();
  v1::MoveDeviceRequest move;
  move.set_device("bp-0001");
  move.set_revision(std::stoull(county_.Ask("select revision from registry.devices where id = 'bp-0001'")));
  move.set_event(v1::DEVICE_EVENT_LOSE);
  move.set_reason("not found at the stocktaking");
  const auto moved = county_.life_cycle().MoveDevice(county_.As("hmc"), move);
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ(Refused("bp-0001", code), "ENROLMENT_REFUSED");
}

TEST_F(EnrolmentTest, TenWrongCodesEndIt) {
  const std::string code = Create("bp-0001")->code();
  for (int i = 0; i < 9; ++i) EXPECT_EQ(Refused("bp-0001", "wrong"), "ENROLMENT_REFUSED");
  EXPECT_EQ(Refused("bp-0001", ""), "ENROLMENT_REFUSED");
  EXPECT_EQ(Refused("bp-0001", code), "ENROLMENT_REFUSED");
  const std::string revision = county_.Ask("select value from registry.revision");
  EXPECT_EQ(Refused("bp-0001", "wrong"), "ENROLMENT_REFUSED");
  EXPECT_EQ(county_.Ask("select value from registry.revision"), revision);  // no writer waits for a guess
  EXPECT_TRUE(Enrol(Gateway(), "bp-0001", Create("bp-0001")->code()).ok());
}

TEST_F(EnrolmentTest, ANewCodeEndsTheOneBefore) {
  const std::string old = Create("bp-0001")->code();
  const std::string code = Create("bp-0001")->code();
  EXPECT_EQ(Refused("bp-0001", old), "ENROLMENT_REFUSED");
  EXPECT_TRUE(Enrol(Gateway(), "bp-0001", code).ok());
}

TEST_F(EnrolmentTest, ARequestThatCannotBeSignedUsesNothingUp) {
  const std::string code = Create("bp-0001")->code();
  EXPECT_TRUE(absl::IsInvalidArgument(Enrol(Gateway(), "bp-0001", code, "").status()));
  EXPECT_TRUE(Enrol(Gateway(), "bp-0001", code).ok());
}

TEST_F(EnrolmentTest, ManyWithTheSameCodeGetOneCertificate) {
  const std::string code = Create("bp-0001")->code();
  std::atomic<int> in = 0;
  std::vector<std::jthread> devices;
  for (int i = 0; i < 8; ++i) {
    devices.emplace_back([&, i] { in += Enrol(Gateway(), "bp-0001", code, "request " + std::to_string(i)).ok(); });
  }
  devices.clear();
  EXPECT_EQ(in, 1);
  EXPECT_EQ(county_.Ask("select count(*) from registry.certificates"), "1");
}

TEST_F(EnrolmentTest, ManyWhoGuessAtOnceHaveTenGuesses) {
  Create("bp-0001").IgnoreError();
  std::vector<std::jthread> guessers;
  for (int i = 0; i < 4; ++i) {
    guessers.emplace_back([&] {
      for (int guess = 0; guess < 6; ++guess) EXPECT_EQ(Refused("bp-0001", "wrong"), "ENROLMENT_REFUSED");
    });
  }
  guessers.clear();
  EXPECT_EQ(county_.Ask("select wrong_codes from registry.enrolments"), "10");
}

TEST_F(EnrolmentTest, OnlyWhoMayProvisionMakesCodesAndShowsThem) {
  const std::string code = Create("bp-0001")->code();
  EXPECT_EQ(rpc::ReasonOf(Create("bp-0001", "chef-1490").status()), "UNKNOWN_DEVICE");
  EXPECT_EQ(rpc::ReasonOf(Create("bp-9999").status()), "UNKNOWN_DEVICE");
  EXPECT_EQ(rpc::ReasonOf(Create("bp-0001", "care").status()), "FORBIDDEN");
  EXPECT_EQ(rpc::ReasonOf(Enrol(county_.As("chef-1490"), "bp-0001", code).status()), "UNKNOWN_DEVICE");
  EXPECT_EQ(rpc::ReasonOf(Enrol(county_.As("ingest"), "bp-0001", code).status()), "FORBIDDEN");
  EXPECT_TRUE(Enrol(county_.As("hmc"), "bp-0001", code).ok());
}

TEST_F(EnrolmentTest, ACodeWorksFrom1MinuteTo90Days) {
  for (const std::int64_t bad : {std::int64_t{-1}, std::int64_t{59}, std::int64_t{90 * 24 * 3600 + 1}, INT64_MAX}) {
    EXPECT_EQ(rpc::ReasonOf(Create("bp-0001", "hmc", bad).status()), "INVALID_FIELD") << bad;
  }
  EXPECT_TRUE(Create("bp-0001", "hmc", 60).ok());
}

TEST_F(EnrolmentTest, ARevokedDeviceEnrolsNot) {
  const std::string code = Create("bp-0001")->code();
  ASSERT_TRUE(Revoke("bp-0001").ok());
  EXPECT_EQ(Refused("bp-0001", code), "ENROLMENT_REFUSED");
}

TEST_F(EnrolmentTest, ARevokedDeviceGetsNoCodeUntilThatIsLifted) {
  ASSERT_TRUE(Revoke("bp-0001").ok());
  const absl::Status refused = Create("bp-0001").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_EQ(rpc::ReasonOf(refused), "DEVICE_REVOKED");
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr("LiftRevocation"));
  EXPECT_EQ(county_.Ask("select count(*) from registry.enrolments"), "0");
  EXPECT_EQ(rpc::ReasonOf(Create("bp-0001", "chef-1490").status()), "UNKNOWN_DEVICE") << "it is not theirs";
  ASSERT_TRUE(Lift("bp-0001").ok());
  EXPECT_TRUE(Create("bp-0001").ok());
}

TEST_F(EnrolmentTest, ARevokedCertificateIsNoReasonToRefuseACode) {
  ASSERT_TRUE(Revoke("bp-0001", Enrolled("bp-0001")).ok());
  EXPECT_TRUE(Create("bp-0001").ok()) << "that is how it gets another one";
}

TEST_F(EnrolmentTest, ADeviceRenewsWithTheCertificateThatItHas) {
  const std::string serial = Enrolled("bp-0001");
  const auto renewed = Renew("bp-0001", serial, "second");
  ASSERT_TRUE(renewed.ok()) << renewed.status();
  EXPECT_EQ(Renew("bp-0001", serial, "second")->SerializeAsString(), renewed->SerializeAsString());
  EXPECT_EQ(county_.Ask("select count(*) from registry.certificates"), "2");
}

TEST_F(EnrolmentTest, ADeviceThatKeepsItsKeyRenewsLaterWithTheSameRequest) {
  const std::string serial = Enrolled("bp-0001");
  Update("certificates", "issued_at = now() - interval '2 days'");
  ASSERT_TRUE(Renew("bp-0001", serial, "first").ok());
  EXPECT_EQ(county_.Ask("select count(*) from registry.certificates"), "2");
}

TEST_F(EnrolmentTest, WhatProvesNothingRenewsNothing) {
  const std::string serial = Enrolled("bp-0001");
  EXPECT_EQ(rpc::ReasonOf(Renew("bp-0001", serial, "second", "forged").status()), "PROOF_REFUSED");
  EXPECT_EQ(rpc::ReasonOf(Renew("disp-0001", serial, "second").status()), "PROOF_REFUSED");
  EXPECT_EQ(rpc::ReasonOf(Renew("bp-0001", std::string(32, 'f'), "second").status()), "PROOF_REFUSED");
  EXPECT_EQ(rpc::ReasonOf(Renew("bp-9999", serial, "second").status()), "PROOF_REFUSED");
}

TEST_F(EnrolmentTest, ARevokedCertificateRenewsNothingAndItsRequestIsNotSignedAgain) {
  const std::string first = Enrolled("bp-0001");
  ASSERT_TRUE(Renew("bp-0001", first, "second").ok());
  const std::string second = county_.Ask("select max(serial) from registry.certificates");
  ASSERT_TRUE(Revoke("bp-0001", second).ok());
  EXPECT_EQ(rpc::ReasonOf(Renew("bp-0001", second, "third").status()), "PROOF_REFUSED");
  EXPECT_EQ(rpc::ReasonOf(Renew("bp-0001", first, "second").status()), "CERTIFICATE_REVOKED");
  Update("certificates", "issued_at = now() - interval '2 days'");
  EXPECT_EQ(rpc::ReasonOf(Renew("bp-0001", first, "second").status()), "CERTIFICATE_REVOKED");
  ASSERT_TRUE(Revoke("bp-0001").ok());
  EXPECT_EQ(rpc::ReasonOf(Renew("bp-0001", first, "fourth").status()), "PROOF_REFUSED");
}

}  // namespace
}  // namespace nara::registry
