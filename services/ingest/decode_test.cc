#include "ingest/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ingest/json_reader.h"
#include "ingest/uplink_json.h"

namespace nara::ingest {
namespace {

using nara::telemetry::v1::Receipt;
using nara::telemetry::v1::Uplink;
using ::testing::HasSubstr;

const char kExample[] =
    R"({"epoch":"9f3c00000000000a","from":1,"sent":"2026-02-17T07:30:05+01:00","records":[{"seq":7,)"
    R"("at":"2026-02-17T07:30:00+01:00","kind":"blood_pressure","values":{"systolic":138,"diastolic":84,"pulse":71}}]})";

DecodeResult Json(std::string_view text) {
  return DecodeUplink(text, Encoding::kJson);
}

std::string WholeReason(std::string_view text) {
  const DecodeResult result = Json(text);
  return result.refusal ? result.refusal->reason : "";
}

// Reason of the first record of {"records":[<record>]}.
std::string RecordReason(const std::string& record) {
  const DecodeResult result = Json(absl::StrCat(R"({"records":[)", record, "]}"));
  if (result.refusal) return absl::StrCat("whole: ", result.refusal->reason, ": ", result.refusal->detail);
  return result.decoded.refusals[0] ? result.decoded.refusals[0]->reason : "";
}

TEST(Decode, ReadsTheExampleOfTheSpecification) {
  const DecodeResult result = Json(kExample);
  ASSERT_FALSE(result.refusal) << result.refusal->detail;
  const Uplink& uplink = result.decoded.uplink;
  EXPECT_EQ(uplink.epoch(), 0x9f3c00000000000a);
  EXPECT_EQ(uplink.from(), 1u);
  EXPECT_EQ(uplink.sent().seconds(), 1'771'309'805);
  ASSERT_EQ(uplink.records_size(), 1);
  EXPECT_EQ(uplink.records(0).seq(), 7u);
  EXPECT_EQ(uplink.records(0).at().seconds(), 1'771'309'800);
  EXPECT_EQ(uplink.records(0).kind(), "blood_pressure");
  EXPECT_EQ(uplink.records(0).values(0).component(), "systolic");
  EXPECT_EQ(uplink.records(0).values(0).decimal(), "138");
  EXPECT_FALSE(result.decoded.refusals[0]);
}

TEST(Decode, KeepsTheDigitsAsTheyWereSent) {
  const DecodeResult result = Json(R"({"records":[{"kind":"k","values":{"a":7.20,"b":0.1,"c":-3,"d":1e2,)"
                                   R"("e":1234567890123456789012345678901234567890,"f":"before_breakfast"}}]})");
  ASSERT_FALSE(result.refusal);
  const auto& values = result.decoded.uplink.records(0).values();
  const std::vector<std::string> expected = {"7.20", "0.1", "-3", "1e2", "1234567890123456789012345678901234567890"};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(values[i].decimal(), expected[static_cast<std::size_t>(i)]);
  EXPECT_EQ(values[5].code(), "before_breakfast");
}

TEST(Decode, JsonAndProtobufGiveTheSameUplink) {
  const DecodeResult json = Json(kExample);
  const std::string bytes = json.decoded.uplink.SerializeAsString();
  const DecodeResult protobuf = DecodeUplink(bytes, Encoding::kProtobuf);
  ASSERT_FALSE(protobuf.refusal);
  EXPECT_EQ(protobuf.decoded.uplink.SerializeAsString(), bytes);
}

TEST(Decode, RefusesWhatIsNoUplink) {
  for (const char* text : {"",
                           "{",
                           "[]",
                           "1",
                           "nonsense",
                           "{\"records\":[{}]",
                           "{\"records\":[NaN]}",
                           "{\"records\":[{}],}",
                           "{\"records\":[{}]} x",
                           "{\"records\":{}}",
                           "{\"epoch\":\"xyz\",\"records\":[{}]}",
                           "{\"epoch\":\"0\",\"records\":[{}]}",
                           "{\"epoch\":\"11112222333344445\",\"records\":[{}]}",
                           "{\"from\":-1,\"records\":[{}]}",
                           "{\"from\":1.5,\"records\":[{}]}",
                           "{\"sent\":\"now\",\"records\":[{}]}",
                           "{\"record\":[{}]}",
                           "{\"records\":[{}],\"records\":[{}]}",
                           "{\"ref\":7,\"records\":[{}]}",
                           "{\"records\":[{\"kind\":\"\xff\xfe\"}]}",
                           "{\"from\":9007199254740992,\"records\":[{}]}"}) {
    EXPECT_EQ(WholeReason(text), "unreadable") << text;
  }
  EXPECT_EQ(WholeReason("{}"), "no_records");
  EXPECT_EQ(WholeReason("{\"records\":[]}"), "no_records");
}

TEST(Decode, CutsALongNameBetweenCharacters) {
  std::string name = "x";
  for (int i = 0; i < 40; ++i) name += "å";
  const DecodeResult result = Json(absl::StrCat("{\"", name, "\":1}"));
  ASSERT_TRUE(result.refusal);
  nara::telemetry::v1::Rejection sent;
  nara::telemetry::v1::Rejection read;
  sent.set_detail(result.refusal->detail);
  EXPECT_TRUE(read.ParseFromString(sent.SerializeAsString())) << "protobuf reads no string that is not UTF-8";
}

TEST(Decode, RefusesDepthSizeAndCountBeyondTheLimits) {
  EXPECT_EQ(WholeReason(std::string(60'000, '[')), "unreadable");
  EXPECT_EQ(WholeReason(std::string(70'000, ' ')), "too_large");
  EXPECT_EQ(DecodeUplink(std::string(70'000, '\0'), Encoding::kProtobuf).refusal->reason, "too_large");
  std::string many = "{\"records\":[{}";
  for (int i = 0; i < kMaxRecords; ++i) many += ",{}";
  EXPECT_EQ(WholeReason(many + "]}"), "too_many_records");
  std::string wide = "{\"records\":[{\"values\":{\"c0\":1";
  for (int i = 1; i < 200; ++i) wide += absl::StrCat(",\"c", i, "\":1");
  EXPECT_EQ(WholeReason(wide + "}}]}"), "unreadable");
}

TEST(Decode, RefusesBrokenProtobuf) {
  for (const std::string& bytes : {std::string("\xff"), std::string("garbage"), std::string("\x22\x7f"),
                                   std::string(1000, '\x01'), std::string("\x2a\x02\xff\xfe")}) {
    const DecodeResult result = DecodeUplink(bytes, Encoding::kProtobuf);
    ASSERT_TRUE(result.refusal) << bytes;
    EXPECT_EQ(result.refusal->reason, "unreadable");
  }
}

TEST(Decode, NeverFailsOnAnyPrefixOrFlippedByteOfAGoodPayload) {
  const std::string json = kExample;
  const std::string protobuf = Json(json).decoded.uplink.SerializeAsString();
  for (const auto& [payload, encoding] : {std::pair(json, Encoding::kJson), std::pair(protobuf, Encoding::kProtobuf)}) {
    for (std::size_t i = 0; i < payload.size(); ++i) {
      DecodeUplink(payload.substr(0, i), encoding);
      for (const char mask : {'\x01', '\x20', '\x7f'}) {
        std::string bent = payload;
        bent[i] = static_cast<char>(bent[i] ^ mask);
        const DecodeResult result = DecodeUplink(bent, encoding);
        if (!result.refusal) {
          EXPECT_EQ(result.decoded.refusals.size(), static_cast<std::size_t>(result.decoded.uplink.records_size()));
        }
      }
    }
  }
}

TEST(Decode, NamesOneBadRecordAmongGoodOnes) {
  const DecodeResult result = Json(R"({"epoch":"1","records":[{"seq":1,"kind":"a"},{"kind":"a","at":"soon","seq":2},)"
                                   R"({"seq":3,"kind":"a","valus":{}},7,{"seq":5,"kind":"a"}]})");
  ASSERT_FALSE(result.refusal) << result.refusal->detail;
  const auto& refusals = result.decoded.refusals;
  ASSERT_EQ(refusals.size(), 5u);
  EXPECT_FALSE(refusals[0]);
  EXPECT_EQ(refusals[1]->reason, "bad_time");
  EXPECT_EQ(result.decoded.uplink.records(1).seq(), 2u) << "also when the mistake comes before it";
  EXPECT_EQ(refusals[2]->reason, "bad_record");
  EXPECT_THAT(refusals[2]->detail, HasSubstr("valus"));
  EXPECT_EQ(refusals[3]->reason, "bad_record");
  EXPECT_FALSE(refusals[4]);
}

TEST(Decode, ChecksTheFormOfARecord) {
  EXPECT_EQ(RecordReason(R"({"kind":"a"})"), "");
  EXPECT_EQ(RecordReason(R"({"kind":7})"), "bad_record");
  EXPECT_EQ(RecordReason(R"({"kind":"a","values":{"x":null}})"), "bad_record");
  EXPECT_EQ(RecordReason(R"({"kind":"a","values":{"x":[1]}})"), "bad_record");
  EXPECT_EQ(RecordReason(R"({"kind":"a","test":"yes"})"), "bad_record");
  EXPECT_EQ(RecordReason(R"({"kind":"a","at":"2026-02-30T00:00:00Z"})"), "bad_time");
  EXPECT_EQ(RecordReason(R"({"kind":"a","at":"2026-02-17T07:30:00"})"), "bad_time");
  EXPECT_EQ(RecordReason(R"({"kind":"a","episode":"with space"})"), "bad_episode");
  EXPECT_EQ(RecordReason(absl::StrCat(R"({"kind":"a","episode":")", std::string(65, 'x'), "\"}")), "bad_episode");
  EXPECT_EQ(RecordReason(R"({"kind":"a","person":"å"})"), "bad_person");
  EXPECT_EQ(RecordReason(R"({"kind":"a","seq":1})"), "bad_sequence") << "a sequence without an epoch";
}

TEST(Decode, ASequenceIsFromOneToTwoTo53) {
  Uplink uplink;
  uplink.set_epoch(1);
  uplink.add_records()->set_seq(0);
  uplink.add_records()->set_seq(1);
  uplink.add_records()->set_seq((1ull << 53) - 1);
  uplink.add_records()->set_seq(1ull << 53);
  const DecodeResult result = CheckUplink(uplink);
  EXPECT_EQ(result.decoded.refusals[0]->reason, "bad_sequence");
  EXPECT_FALSE(result.decoded.refusals[1]);
  EXPECT_FALSE(result.decoded.refusals[2]);
  EXPECT_EQ(result.decoded.refusals[3]->reason, "bad_sequence");
}

TEST(Decode, ATimeOutsideOfTheCalendarIsNoTime) {
  Uplink uplink;
  uplink.add_records()->mutable_at()->set_seconds(1ll << 50);
  EXPECT_EQ(CheckUplink(uplink).decoded.refusals[0]->reason, "bad_time");
  uplink.mutable_sent()->set_nanos(-5);
  EXPECT_EQ(CheckUplink(uplink).refusal->reason, "unreadable");
}

TEST(Decode, ReadsAStatusInBothForms) {
  auto status = DecodeStatus(R"({"online":true,"at":"2026-02-17T07:30:00Z","firmware":"1.2"})");
  ASSERT_TRUE(status.ok());
  EXPECT_TRUE(status->online());
  EXPECT_EQ(status->firmware(), "1.2");
  EXPECT_TRUE(DecodeStatus(status->SerializeAsString())->online());
  EXPECT_FALSE(DecodeStatus("{\"offline\":true}").ok());
  EXPECT_FALSE(DecodeStatus("garbage").ok());
}

TEST(ReceiptJson, SaysOnlyWhatThereIs) {
  Receipt receipt;
  receipt.set_lane(nara::telemetry::v1::LANE_MEASUREMENT);
  EXPECT_EQ(WriteReceiptJson(receipt), R"({"lane":"measurement","through":0})");
  receipt.set_lane(nara::telemetry::v1::LANE_ALARM);
  receipt.set_epoch(0x9f3c);
  receipt.set_ref("a\"b");
  receipt.set_through(7);
  receipt.add_held(5);
  auto& rejection = *receipt.add_rejected();
  rejection.set_seq(6);
  rejection.set_reason("value_out_of_range");
  rejection.set_detail("d");
  EXPECT_EQ(WriteReceiptJson(receipt),
            R"({"lane":"alarm","epoch":"0000000000009f3c","ref":"a\"b","through":7,"held":[5],)"
            R"("rejected":[{"seq":6,"reason":"value_out_of_range","detail":"d"}]})");
}

TEST(JsonReader, ADoubleNameIsAnErrorAlsoDeepInside) {
  EXPECT_FALSE(JsonDocument::Parse(R"({"a":{"b":1,"b":2}})").ok());
  EXPECT_TRUE(JsonDocument::Parse(R"({"a":{"b":1},"b":2})").ok());
}

}  // namespace
}  // namespace nara::ingest
