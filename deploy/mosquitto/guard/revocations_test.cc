#include "deploy/mosquitto/guard/revocations.h"

#include <gtest/gtest.h>

#include <string>

namespace nara::guard {
namespace {

using Taken = Revocations::Taken;

TEST(RevocationsTest, NobodyIsRevokedAtFirst) {
  const Revocations revocations;
  EXPECT_FALSE(revocations.Has("bp-0001", ""));
  EXPECT_EQ(revocations.ToJson(), R"({"generation":0,"devices":0,"serials":0})");
}

TEST(RevocationsTest, ADeviceIsRefusedWithWhicheverCertificate) {
  Revocations revocations;
  EXPECT_EQ(revocations.Take("7 1 1\ndevice bp-0001\n"), Taken::kNewer);
  EXPECT_TRUE(revocations.Has("bp-0001", ""));
  EXPECT_TRUE(revocations.Has("bp-0001", "0a"));
  EXPECT_FALSE(revocations.Has("bp-0002", "0a"));
}

TEST(RevocationsTest, ACertificateIsRefusedAndAnotherOneOfTheDeviceIsNot) {
  Revocations revocations;
  revocations.Take("7 1 1\nserial 0a\n");
  EXPECT_TRUE(revocations.Has("bp-0001", "0a"));
  EXPECT_FALSE(revocations.Has("bp-0001", "0b"));
  EXPECT_FALSE(revocations.Has("bp-0001", ""));
}

TEST(RevocationsTest, AListReplacesTheOneBeforeWhenItsLastPartIsThere) {
  Revocations revocations;
  revocations.Take("7 1 1\ndevice bp-0001\n");
  EXPECT_EQ(revocations.Take("8 1 2\ndevice bp-0002\n"), Taken::kPart);
  EXPECT_TRUE(revocations.Has("bp-0001", ""));
  EXPECT_FALSE(revocations.Has("bp-0002", ""));
  EXPECT_EQ(revocations.Take("8 2 2\ndevice bp-0003\n"), Taken::kNewer);
  EXPECT_FALSE(revocations.Has("bp-0001", ""));
  EXPECT_TRUE(revocations.Has("bp-0002", ""));
  EXPECT_TRUE(revocations.Has("bp-0003", ""));
}

TEST(RevocationsTest, TheSameListAgainIsKnownAsTheSame) {
  Revocations revocations;
  revocations.Take("7 1 1\ndevice bp-0001\n");
  EXPECT_EQ(revocations.Take("9 1 1\ndevice bp-0001\n"), Taken::kSame);
  EXPECT_EQ(revocations.ToJson(), R"({"generation":9,"devices":1,"serials":0})");
}

TEST(RevocationsTest, APartThatIsNotTheNextForgetsThoseBefore) {
  Revocations revocations;
  revocations.Take("7 1 1\ndevice bp-0001\n");
  for (const std::string part : {"8 2 3\n", "9 2 2\n", "8 2 3\ndevice bp-0009\n", "8 3 3\n"}) {
    revocations.Take("8 1 3\ndevice bp-0002\n");
    revocations.Take("8 2 3\ndevice bp-0003\n");
    EXPECT_EQ(revocations.Take(part), part == "8 3 3\n" ? Taken::kNewer : Taken::kBad) << part;
    revocations.Take("7 1 1\ndevice bp-0001\n");
  }
}

TEST(RevocationsTest, WhatIsNoListChangesNothing) {
  for (const std::string bad :
       {"", "7", "7 1", "7 0 1\n", "7 2 1\n", "7 1 1001\n", "x 1 1\n", "7 1 1 \n", "-7 1 1\n", "7 1 1\nbp-0001\n",
        "7 1 1\ndevice nara-ingest\n", "7 1 1\ndevice \n", "7 1 1\nserial 0A\n", "7 1 1\nserial xyz\n", "7 1 1\n\n",
        "7 1 1\nserial 00000000000000000000000000000000000000000\n", "99999999999999999999999 1 1\n"}) {
    Revocations revocations;
    revocations.Take("6 1 1\ndevice bp-0001\n");
    EXPECT_EQ(revocations.Take(bad), Taken::kBad) << bad;
    EXPECT_TRUE(revocations.Has("bp-0001", "")) << bad;
  }
}

TEST(RevocationsTest, WhatIsSavedIsReadAsTheSameList) {
  Revocations saved;
  saved.Take("7 1 1\ndevice bp-0001\nserial 0a\ndevice bp-0002\n");
  Revocations read;
  EXPECT_EQ(read.Take(saved.ToText()), Taken::kNewer);
  EXPECT_EQ(read.ToText(), saved.ToText());
}

}  // namespace
}  // namespace nara::guard
