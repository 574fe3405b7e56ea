#include "common/catalogue/check_record.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_split.h"

namespace nara {
namespace {

using telemetry::v1::Record;

const Catalogue& Real() {
  static const Catalogue catalogue = Catalogue::Load(NARA_CATALOGUE).value();
  return catalogue;
}

// "glucose=100 mg/dL context:fasting": "=" a decimal with an optional unit of
// measure after a "|", ":" a code.
Record Make(const std::string& kind, const std::string& values) {
  Record record;
  record.set_kind(kind);
  const std::vector<std::string> texts = absl::StrSplit(values, ' ', absl::SkipEmpty());
  for (const std::string& text : texts) {
    telemetry::v1::Value& value = *record.add_values();
    const std::size_t split = text.find_first_of("=:");
    value.set_component(text.substr(0, split));
    const std::vector<std::string> parts = absl::StrSplit(text.substr(split + 1), '|');
    if (text[split] == ':') {
      value.set_code(parts[0]);
    } else {
      value.set_decimal(parts[0]);
    }
    if (parts.size() > 1) value.set_ucum(parts[1]);
  }
  return record;
}

std::string Reason(const std::string& product, Record record) {
  const std::string before = record.SerializeAsString();
  const std::optional<RecordProblem> problem = CheckRecord(Real(), product, record);
  if (problem.has_value()) EXPECT_EQ(record.SerializeAsString(), before) << "a refused record was changed";
  return problem.has_value() ? problem->reason : "";
}

std::string Glucose(const std::string& values) {
  return Reason("glucose-meter", Make("glucose", values));
}

TEST(CheckRecord, TakesWhatTheCatalogueDescribes) {
  EXPECT_EQ(Reason("bp-meter", Make("blood_pressure", "systolic=138 diastolic=84 pulse=71")), "");
  EXPECT_EQ(Reason("bp-meter", Make("blood_pressure", "systolic=138|mm[Hg] diastolic=84")), "");
  EXPECT_EQ(Glucose("glucose=7.20 context:before_breakfast"), "");
}

TEST(CheckRecord, KeepsDigitsInTheCataloguesUnit) {
  Record record = Make("glucose", "glucose=7.20|mmol/L");
  EXPECT_FALSE(CheckRecord(Real(), "glucose-meter", record).has_value());
  EXPECT_EQ(record.values(0).decimal(), "7.20");
  EXPECT_EQ(record.values(0).ucum(), "");
  EXPECT_EQ(record.values(0).sent_decimal(), "");
}

TEST(CheckRecord, ConvertsAndKeepsWhatWasSentBeside) {
  Record record = Make("glucose", "glucose=216|mg/dL context:unspecified");
  EXPECT_FALSE(CheckRecord(Real(), "glucose-meter", record).has_value());
  EXPECT_EQ(record.values(0).decimal(), "11.99");
  EXPECT_EQ(record.values(0).sent_decimal(), "216");
  EXPECT_EQ(record.values(0).sent_ucum(), "mg/dL");
}

TEST(CheckRecord, DropsWhatADeviceClaimsToHaveSentBefore) {
  Record record = Make("glucose", "glucose=7.2");
  record.mutable_values(0)->set_sent_decimal("forged");
  EXPECT_FALSE(CheckRecord(Real(), "glucose-meter", record).has_value());
  EXPECT_EQ(record.values(0).sent_decimal(), "");
}

TEST(CheckRecord, NamesTheReason) {
  EXPECT_EQ(Reason("no-such", Make("glucose", "glucose=7")), "unknown_product");
  EXPECT_EQ(Reason("glucose-meter", Make("sugar", "glucose=7")), "unknown_kind");
  EXPECT_EQ(Reason("bp-meter", Make("glucose", "glucose=7")), "kind_not_of_product");
  EXPECT_EQ(Reason("dosell-simple", Make("dose_taken", "")), "kind_not_of_product");
  EXPECT_EQ(Reason("evondos", Make("dose_missed", "")), "missing_episode");
  EXPECT_EQ(Glucose("glucose=7 colour=3"), "unknown_component");
  EXPECT_EQ(Glucose("glucose=7 glucose=8"), "double_component");
  EXPECT_EQ(Glucose("context:fasting"), "missing_component");
  EXPECT_EQ(Glucose("glucose=7,2"), "not_a_number");
  EXPECT_EQ(Glucose("glucose:high"), "not_a_number");
  EXPECT_EQ(Glucose("glucose=" + std::string(40, '7')), "not_a_number");
  EXPECT_EQ(Glucose("glucose=7.123"), "too_many_decimals");
  EXPECT_EQ(Glucose("glucose=27.9"), "value_out_of_range");
  EXPECT_EQ(Glucose("glucose=-7"), "value_out_of_range");
  EXPECT_EQ(Glucose("glucose=7 context:teatime"), "unknown_code");
  EXPECT_EQ(Glucose("glucose=7 context=3"), "unknown_code");
  EXPECT_EQ(Glucose("glucose=7|mol"), "unknown_ucum");
}

TEST(CheckRecord, TakesBothEndsOfTheRangeAfterConversion) {
  EXPECT_EQ(Glucose("glucose=0.6"), "");
  EXPECT_EQ(Glucose("glucose=27.8"), "");
  EXPECT_EQ(Glucose("glucose=500|mg/dL"), "");
  EXPECT_EQ(Glucose("glucose=501|mg/dL"), "value_out_of_range");
  EXPECT_EQ(Glucose("glucose=0|mg/dL"), "value_out_of_range");
}

TEST(CheckRecord, AnEpisodeIsNeededExceptInATest) {
  Record record = Make("dose_missed", "");
  record.set_test(true);
  EXPECT_EQ(Reason("evondos", record), "");
  record.set_test(false);
  record.set_episode("dose-1");
  EXPECT_EQ(Reason("evondos", record), "");
}

TEST(CheckRecord, NeverRepeatsAValueInItsDetail) {
  Record record = Make("glucose", "glucose=4242");
  EXPECT_EQ(CheckRecord(Real(), "glucose-meter", record)->detail.find("4242"), std::string::npos);
}

}  // namespace
}  // namespace nara
