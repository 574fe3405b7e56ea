#include "device_registry/device_ca.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

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
    const testing::KeyAndCert ca = testing::MakeCa("device-ca");
    files_ = {.cert = dir_.Write("ca.pem", ca.cert),
              .key = dir_.Write("ca.key", ca.key),
              .password_key = dir_.Write("password.key", std::string(32, 'k'))};
    ca_ = DeviceCa::Load(files_, clock_).value();
  }

  std::string Refused(const std::string& csr) {
    const auto made = ca_->Sign("disp-0001", csr);
    EXPECT_TRUE(absl::IsInvalidArgument(made.status()));
    return std::string(made.status().message());
  }

  nara::testing::TempDir dir_;
  ManualClock clock_{kNow};
  DeviceCa::Files files_;
  std::unique_ptr<DeviceCa> ca_;
};

TEST_F(DeviceCaTest, TheCommonNameIsTheDeviceWhateverTheRequestSays) {
  const auto made = ca_->Sign("disp-0001", testing::MakeRequest("EC", "somebody-else"));
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
  const std::string csr = testing::MakeRequest("EC", "x");
  EXPECT_NE(ca_->Sign("disp-0001", csr)->serial, ca_->Sign("disp-0001", csr)->serial);
}

TEST_F(DeviceCaTest, TakesTheKindsOfKeyThatItNames) {
  EXPECT_TRUE(ca_->Sign("disp-0001", testing::MakeRequest("ED25519", "x")).ok());
  EXPECT_TRUE(ca_->Sign("disp-0001", testing::MakeRequest("RSA2048", "x")).ok());
}

TEST_F(DeviceCaTest, RefusesWeakKeysAndWhatIsNoRequest) {
  EXPECT_THAT(Refused(testing::MakeRequest("RSA1024", "x")), HasSubstr("has a key that is not"));
  EXPECT_THAT(Refused(testing::MakeRequest("EC:secp256k1", "x")), HasSubstr("has a key that is not"));
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
  const std::string good = testing::MakeRequest("EC", "x");
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x15);
    const auto made = ca_->Sign("disp-0001", bad);
    if (made.ok()) EXPECT_EQ(testing::Inspect(made->certificate_pem, files_.cert).subject, "CN=disp-0001");
  }
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
