#include "device_registry/validation.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace nara::registry {
namespace {

const Catalogue& Real() {
  static const Catalogue catalogue = Catalogue::Load(NARA_CATALOGUE).value();
  return catalogue;
}

google::protobuf::Timestamp Time(std::int64_t seconds, std::int32_t nanos) {
  google::protobuf::Timestamp time;
  time.set_seconds(seconds);
  time.set_nanos(nanos);
  return time;
}

TEST(Validation, TakesTimesOfThisAge) {
  EXPECT_TRUE(ValidateTime("at", Time(672'192'000, 0)).ok());
  EXPECT_FALSE(ValidateTime("at", Time(std::numeric_limits<std::int64_t>::max(), 0)).ok());
  EXPECT_FALSE(ValidateTime("at", Time(std::numeric_limits<std::int64_t>::min(), 0)).ok());
  EXPECT_FALSE(ValidateTime("at", Time(0, -1)).ok());
  EXPECT_FALSE(ValidateTime("at", Time(0, 1'000'000'000)).ok());
}

TEST(Validation, AnOpaqueIdHoldsNoText) {
  EXPECT_TRUE(ValidateOpaqueId("resident", "r-0.A_9").ok());
  for (const std::string id : {"", "Anna Andersson", "19121212/1212", "å", "a\nb"}) {
    EXPECT_FALSE(ValidateOpaqueId("resident", id).ok()) << id;
  }
  EXPECT_FALSE(ValidateOpaqueId("resident", std::string(65, 'a')).ok());
  EXPECT_FALSE(ValidateOpaqueId("resident", std::string(1, '\0')).ok());
}

TEST(Validation, PagesAreBounded) {
  EXPECT_EQ(PageSize(0).value(), 100);
  EXPECT_EQ(PageSize(1000).value(), 1000);
  EXPECT_FALSE(PageSize(1001).ok());
  EXPECT_FALSE(PageSize(-1).ok());
}

TEST(Validation, ATokenIsAHash) {
  v1::Client client;
  client.set_id("somebody");
  client.set_role("operator");
  EXPECT_TRUE(Validate(client, Real()).ok());
  for (const std::string& token : {std::string("secret"), std::string(64, 'A'), std::string(63, 'a')}) {
    client.set_token_sha256(token);
    EXPECT_FALSE(Validate(client, Real()).ok());
  }
}

TEST(Validation, NeverRepeatsAValue) {
  v1::Device device;
  device.set_id("<script>");
  EXPECT_EQ(std::string(Validate(device, Real()).message()).find("script"), std::string::npos);
}

}  // namespace
}  // namespace nara::registry
