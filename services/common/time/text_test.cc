#include "common/time/text.h"

#include <gtest/gtest.h>

namespace nara {
namespace {

std::string RoundTrip(std::string_view text) {
  const absl::StatusOr<absl::Time> time = ParseRfc3339(text);
  return time.ok() ? FormatRfc3339(*time) : "refused";
}

TEST(Rfc3339, IsReadWithItsOffsetAndWrittenInUtc) {
  EXPECT_EQ(RoundTrip("2026-02-17T07:30:00+01:00"), "2026-02-17T06:30:00Z");
  EXPECT_EQ(RoundTrip("2026-02-17T07:30:00.25Z"), "2026-02-17T07:30:00.25Z");
  EXPECT_EQ(RoundTrip("2024-02-29T23:59:59.123456789-00:30"), "2024-03-01T00:29:59.123456789Z");
}

TEST(Rfc3339, RefusesWhatIsNotExactlyIt) {
  for (const char* text :
       {"", "now", "infinite-future", "2026-02-17", "2026-02-17T07:30:00", "2026-02-17 07:30:00Z",
        "2026-02-17t07:30:00z", "2026-02-30T07:30:00Z", "2026-13-01T07:30:00Z", "2026-02-17T24:30:00Z",
        "2026-02-17T07:30:60Z", "2026-02-17T07:30:00.Z", "2026-02-17T07:30:00.1234567891Z", "2026-02-17T07:30:00+0100",
        "2026-02-17T07:30:00+24:00", "2026-02-17T07:30:00Z ", " 2026-02-17T07:30:00Z", "12026-02-17T07:30:00Z"}) {
    EXPECT_EQ(RoundTrip(text), "refused") << text;
  }
}

TEST(Rfc3339, AnErrorSaysWhatToWrite) {
  const std::string message(ToStd(ParseRfc3339("17 Feb").status().message()));
  EXPECT_NE(message.find("17 Feb"), std::string::npos);
  EXPECT_NE(message.find("RFC 3339"), std::string::npos);
}

TEST(Rfc3339, LogsHaveThreeDigits) {
  EXPECT_EQ(FormatRfc3339Millis(absl::FromUnixMillis(1'771'310'000'007)), "2026-02-17T06:33:20.007Z");
}

TEST(Rfc3339, IsWrittenWithTheOffsetOfAZone) {
  EXPECT_EQ(FormatRfc3339(absl::FromUnixSeconds(1'771'310'000), absl::FixedTimeZone(3600)),
            "2026-02-17T07:33:20+01:00");
}

TEST(Duration, NeedsAUnit) {
  EXPECT_EQ(*ParseDuration("250ms"), absl::Milliseconds(250));
  EXPECT_EQ(*ParseDuration("1h30m"), absl::Minutes(90));
  EXPECT_FALSE(ParseDuration("250").ok());
  EXPECT_FALSE(ParseDuration("soon").ok());
}

}  // namespace
}  // namespace nara
