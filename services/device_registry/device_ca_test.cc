#include "device_registry/device_ca.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "common/rpc/error.h"
#include "common/testing/temp_dir.h"
#include "common/time/clock.h"
#include "device_registry/testing/requests.h"

namespace nara::registry {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class DeviceCaTest : public ::testing::Test {
 protected:
  DeviceCaTest() {
    files_ = {.cert = dir_.Write("ca.pem", authority_.cert),
              .key = dir_.Write("ca.key", authority_.key),
              .password_key = dir_.Write("password.key", std::string(32, 'k'))};
    ca_ = DeviceCa::Load(files_, clock_).value();
  }

  std::string Refused(const std::string& csr) {
    const auto made = ca_->Sign("disp-0001", csr);
    EXPECT_TRUE(absl::IsInvalidArgument(made.status()));
    return std::string(made.status().message());
  }

  // The reason of the refusal, or the serial number.
  std::string Held(const std::string& device, const testing::KeyAndCert& identity, const std::string& signature) {
    const auto held = ca_->HeldBy(device, identity.cert, "text", signature);
    return held.ok() ? *held : rpc::ReasonOf(held.status());
  }

  nara::testing::TempDir dir_;
  const testing::KeyAndCert authority_ = testing::MakeCa("device-ca");
  ManualClock clock_{kNow};
  DeviceCa::Files files_;
  std::unique_ptr<DeviceCa> ca_;
};

TEST_F(DeviceCaTest, ARequestOfAnotherDeviceIsRefused) {
  for (const std::string name : {"disp-0002", "DISP-0001", "disp-0001 ", "nara-ingest"}) {
    const auto made = ca_->Sign("disp-0001", testing::MakeRequest("EC", name));
    EXPECT_EQ(rpc::ReasonOf(made.status()), "REQUEST_OF_OTHER_DEVICE") << name;
    EXPECT_EQ(rpc::InfoOf(made.status())->metadata.at("device"), "disp-0001");
  }
}

TEST_F(DeviceCaTest, TheCommonNameIsTheDeviceAlsoWhenTheRequestNamesNobody) {
  const auto made = ca_->Sign("disp-0001", testing::MakeRequest("EC", ""));
  ASSERT_TRUE(made.ok()) << made.status();
  const testing::CertificateFacts facts = testing::Inspect(made->certificate_pem, files_.cert);
  EXPECT_EQ(facts.subject, "CN=disp-0001");
  EXPECT_TRUE(facts.verifies);
  EXPECT_FALSE(facts.is_ca);
  EXPECT_EQ(facts.not_after, kNow + absl::Hours(24 * 825));
  EXPECT_EQ(made->not_after, facts.not_after);
  EXPECT_EQ(made->serial.size(), 32u);
}

TEST_F(DeviceCaTest, EachCertificateHasASerialOfItsOwn) {
  const std::string csr = testing::MakeRequest("EC", "disp-0001");
  EXPECT_NE(ca_->Sign("disp-0001", csr)->serial, ca_->Sign("disp-0001", csr)->serial);
}

TEST_F(DeviceCaTest, TakesTheKindsOfKeyThatItNames) {
  EXPECT_TRUE(ca_->Sign("disp-0001", testing::MakeRequest("ED25519", "disp-0001")).ok());
  EXPECT_TRUE(ca_->Sign("disp-0001", testing::MakeRequest("RSA2048", "disp-0001")).ok());
}

TEST_F(DeviceCaTest, RefusesWeakKeysAndWhatIsNoRequest) {
  EXPECT_THAT(Refused(testing::MakeRequest("RSA1024", "disp-0001")), HasSubstr("has a key that is not"));
  EXPECT_THAT(Refused(testing::MakeRequest("EC:secp256k1", "disp-0001")), HasSubstr("has a key that is not"));
  EXPECT_THAT(Refused(""), HasSubstr("missing"));
  EXPECT_THAT(Refused(std::string(9000, 'A')), HasSubstr("longer"));
  EXPECT_THAT(Refused("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"),
              HasSubstr("no PKCS #10"));
  EXPECT_THAT(Refused(std::string(100, '\0')), HasSubstr("no PKCS #10"));
}

TEST_F(DeviceCaTest, RefusesARequestThatItsKeyDidNotSign) {
  EXPECT_THAT(Refused(testing::MakeForgedRequest()), HasSubstr("not signed by its own key"));
}

TEST_F(DeviceCaTest, SurvivesEveryFlippedByteOfARequest) {
  const std::string good = testing::MakeRequest("EC", "disp-0001");
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x15);
    const auto made = ca_->Sign("disp-0001", bad);
    if (made.ok()) EXPECT_EQ(testing::Inspect(made->certificate_pem, files_.cert).subject, "CN=disp-0001");
  }
}

class HeldCertificateTest : public DeviceCaTest {
 protected:
  // Test certificates are valid for a year from the real now.
  HeldCertificateTest() { ca_ = DeviceCa::Load(files_, now_).value(); }

  ManualClock now_{absl::Now()};
  const testing::KeyAndCert device_ = testing::MakeIdentity(authority_, "disp-0001");
};

TEST_F(HeldCertificateTest, WhoHasTheKeyHoldsTheCertificate) {
  EXPECT_EQ(Held("disp-0001", device_, testing::SignText(device_, "text")).size(), 32u);
}

TEST_F(HeldCertificateTest, NobodyElseDoes) {
  const testing::KeyAndCert other = testing::MakeIdentity(authority_, "disp-0002");
  const testing::KeyAndCert foreign = testing::MakeIdentity(testing::MakeCa("device-ca"), "disp-0001");
  const std::string refused = "PROOF_REFUSED";
  EXPECT_EQ(Held("disp-0001", device_, testing::SignText(other, "text")), refused);
  EXPECT_EQ(Held("disp-0001", device_, testing::SignText(device_, "another text")), refused);
  EXPECT_EQ(Held("disp-0001", device_, ""), refused);
  EXPECT_EQ(Held("disp-0001", other, testing::SignText(other, "text")), refused);
  EXPECT_EQ(Held("disp-0001", foreign, testing::SignText(foreign, "text")), refused);
  EXPECT_EQ(Held("device-ca", authority_, testing::SignText(authority_, "text")), refused);
  EXPECT_EQ(Held("disp-0001", {.key = {}, .cert = "nothing"}, "x"), refused);
  EXPECT_EQ(Held("disp-0001", {.key = {}, .cert = std::string(9000, 'A')}, "x"), refused);
}

TEST_F(HeldCertificateTest, OneThatHasExpiredOrIsNotValidYetProvesNothing) {
  const std::string signature = testing::SignText(device_, "text");
  now_.Advance(absl::Hours(24 * 366));
  EXPECT_EQ(Held("disp-0001", device_, signature), "PROOF_REFUSED");
  ManualClock early(absl::Now() - absl::Hours(2));
  ca_ = DeviceCa::Load(files_, early).value();
  EXPECT_EQ(Held("disp-0001", device_, signature), "PROOF_REFUSED");
}

TEST_F(DeviceCaTest, ThePasswordIsTheHmacOfTheDevice) {
  // printf 'disp-0001' | openssl dgst -sha256 -hmac kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
  EXPECT_EQ(ca_->MqttPassword("disp-0001"), "dc1df49131c67c9b5ba60a84aedf3291bb330eb5b0542b5eb9d93f60cb9044eb");
  EXPECT_NE(ca_->MqttPassword("disp-0002"), ca_->MqttPassword("disp-0001"));
}

TEST_F(DeviceCaTest, NamesTheFileThatCannotBeUsed) {
  const auto message = [&](const DeviceCa::Files& files) {
    return std::string(DeviceCa::Load(files, clock_).status().message());
  };
  DeviceCa::Files files = files_;
  files.key = dir_.Write("other.key", testing::MakeCa("other").key);
  EXPECT_THAT(message(files), HasSubstr("is not the key of"));
  files = files_;
  files.password_key = dir_.Write("short.key", "short");
  EXPECT_THAT(message(files), HasSubstr("fewer than 32 bytes"));
  files = files_;
  files.cert = "/nowhere";
  EXPECT_THAT(message(files), HasSubstr("cannot read /nowhere"));
  files.cert = dir_.Write("no.pem", "nothing");
  EXPECT_THAT(message(files), HasSubstr("is no certificate"));
}

}  // namespace
}  // namespace nara::registry
