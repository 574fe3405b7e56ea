#include "device_registry/identity_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "common/rpc/error.h"
#include "common/testing/temp_dir.h"

namespace nara::registry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Line(const std::string& id, char digit) {
  return id + ":" + std::string(64, digit) + "\n";
}

IdentityKeys Keys(const std::string& text) {
  return IdentityKeys::Parse(text).value();
}

std::string Problem(const std::string& text) {
  return std::string(IdentityKeys::Parse(text).status().message());
}

TEST(IdentityKeys, OpensWhatTheySealed) {
  const IdentityKeys keys = Keys(Line("search", '0') + Line("k1", '1'));
  const IdentityKeys::Sealed sealed = keys.Seal("resident", "r-1", "Tolvan Tolvansson").value();
  EXPECT_EQ(sealed.key, "k1");
  EXPECT_THAT(sealed.bytes, Not(HasSubstr("Tolvan")));
  EXPECT_EQ(keys.Open("resident", "r-1", sealed).value(), "Tolvan Tolvansson");
  EXPECT_EQ(keys.Open("resident", "r-2", keys.Seal("resident", "r-2", "").value()).value(), "");
  EXPECT_NE(sealed.bytes, keys.Seal("resident", "r-1", "Tolvan Tolvansson")->bytes) << "a nonce is used once";
}

TEST(IdentityKeys, OpenNothingInAnothersPlace) {
  const IdentityKeys keys = Keys(Line("search", '0') + Line("k2", '2') + Line("k1", '2'));
  const IdentityKeys::Sealed sealed = keys.Seal("resident", "r-1", "Tolvan").value();
  EXPECT_TRUE(absl::IsDataLoss(keys.Open("resident", "r-2", sealed).status()));
  EXPECT_TRUE(absl::IsDataLoss(keys.Open("staff", "r-1", sealed).status()));
  EXPECT_TRUE(absl::IsDataLoss(keys.Open("resident", "r-1", {.key = "k1", .bytes = sealed.bytes}).status()));
  for (std::size_t i = 0; i < sealed.bytes.size(); ++i) {
    IdentityKeys::Sealed changed = sealed;
    changed.bytes[i] ^= 1;
    EXPECT_TRUE(absl::IsDataLoss(keys.Open("resident", "r-1", changed).status())) << i;
  }
  EXPECT_TRUE(absl::IsDataLoss(keys.Open("resident", "r-1", {.key = "k2", .bytes = "short"}).status()));
}

TEST(IdentityKeys, TheFirstIsTheNewestAndTheOlderStillOpen) {
  const IdentityKeys::Sealed old =
      Keys(Line("search", '0') + Line("k1", '1')).Seal("resident", "r-1", "Tolvan").value();
  const IdentityKeys both = Keys("# keys\n\n" + Line("k2", '2') + Line("search", '0') + Line("k1", '1'));
  EXPECT_EQ(both.newest(), "k2");
  EXPECT_EQ(both.Open("resident", "r-1", old).value(), "Tolvan");
  const auto gone = Keys(Line("k2", '2') + Line("search", '0')).Open("resident", "r-1", old);
  EXPECT_EQ(rpc::ReasonOf(gone.status()), "IDENTITY_KEY_MISSING");
}

TEST(IdentityKeys, AFingerprintDependsOnTheSearchKeyAlone) {
  const std::string first = Keys(Line("search", '0') + Line("k1", '1')).Fingerprint("189001019802");
  EXPECT_EQ(first.size(), 32u);
  EXPECT_EQ(first, Keys(Line("k9", '9') + Line("search", '0')).Fingerprint("189001019802"));
  EXPECT_NE(first, Keys(Line("search", '3') + Line("k1", '1')).Fingerprint("189001019802"));
  EXPECT_NE(first, Keys(Line("search", '0') + Line("k1", '1')).Fingerprint("189001029819"));
}

TEST(IdentityKeys, AMistakeInTheFileIsTold) {
  EXPECT_THAT(Problem(""), HasSubstr("search"));
  EXPECT_THAT(Problem(Line("k1", '1')), HasSubstr("search"));
  EXPECT_THAT(Problem(Line("search", '1')), HasSubstr("any other key"));
  EXPECT_THAT(Problem(Line("search", '1') + Line("k1", '1') + Line("k1", '2')), HasSubstr("k1 twice"));
  EXPECT_THAT(Problem(Line("search", '1') + Line("search", '1')), HasSubstr("search twice"));
  for (const std::string bad : {"k1:12\n", "k1\n", ":\n", "K1:", "k1:xx"}) {
    const std::string problem = Problem(Line("search", '1') + bad);
    EXPECT_THAT(problem, HasSubstr("id:64 hex digits"));
  }
  EXPECT_THAT(Problem(Line("search", '1') + Line("k1", 'g')), HasSubstr("id:64 hex digits"));
}

TEST(IdentityKeys, TheFileIsForUsAlone) {
  const nara::testing::TempDir dir;
  const std::string path = dir.Write("identity.keys", Line("search", '0') + Line("k1", '1'));
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  EXPECT_THAT(std::string(IdentityKeys::Load(path).status().message()), HasSubstr("chmod 600 " + path));
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  EXPECT_TRUE(IdentityKeys::Load(path).ok());
  EXPECT_THAT(std::string(IdentityKeys::Load(dir.File("none")).status().message()), HasSubstr("openssl rand -hex 32"));
}

}  // namespace
}  // namespace nara::registry
