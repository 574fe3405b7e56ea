#include "tools/fleet/replay_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nara::fleet {
namespace {

constexpr char kFile[] =
    "patient,local_time,context,glucose_mg_per_dl\n"
    "02,1991-07-01T08:00,before breakfast,150\n"
    "01,1991-04-21T17:08,before supper,119\r\n"
    "01,1991-04-21T09:09,before breakfast,100\n"
    "01,1991-04-21T17:08,unspecified,501\n";

absl::TimeZone Stockholm() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Stockholm", &zone));
  return zone;
}

absl::Time At(const std::string& text) {
  absl::Time time;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) << text;
  return time;
}

TEST(ReplayFile, SortsEachPatientByTimeAndKeepsTwoReadingsOfOneMinute) {
  const auto series = ParseGlucoseFile(kFile);
  ASSERT_TRUE(series.ok()) << series.status();
  ASSERT_EQ(series->size(), 2);
  const auto& rows = series->at("01");
  ASSERT_EQ(rows.size(), 3);
  EXPECT_EQ(rows[0].mg_per_dl, "100");
  EXPECT_EQ(rows[0].context, "before_breakfast");
  EXPECT_EQ(rows[1].mg_per_dl, "119");
  EXPECT_EQ(rows[2].mg_per_dl, "501");
}

TEST(ReplayFile, NamesTheLineThatItCannotRead) {
  for (const char* line :
       {"01,yesterday,fasting,1", "01,1991-04-21T09:09,fasting", "x", "01,1991-04-21T09:09,fasting,many"}) {
    const auto series = ParseGlucoseFile(std::string(kFile) + line + "\n");
    ASSERT_FALSE(series.ok()) << line;
    EXPECT_NE(series.status().message().find("line 6"), std::string::npos) << line;
  }
}

TEST(ReplayFile, TakesTimesAsLocalTimesOfTheZone) {
  const auto series = ParseGlucoseFile(kFile);
  const auto times = TimesAsRecorded(series->at("01"), Stockholm());
  EXPECT_EQ(times[0], At("1991-04-21T09:09:00+02:00"));
}

TEST(ReplayFile, MovesASeriesByWholeDaysSoThatItEndsWithinTheLastDay) {
  const auto series = ParseGlucoseFile(kFile);
  const auto& rows = series->at("01");
  const auto evening = TimesEndingNow(rows, Stockholm(), At("2026-01-15T20:00:00+01:00"));
  EXPECT_EQ(evening.back(), At("2026-01-15T17:08:00+01:00"));
  EXPECT_EQ(evening.front(), At("2026-01-15T09:09:00+01:00"));
  const auto morning = TimesEndingNow(rows, Stockholm(), At("2026-01-15T07:00:00+01:00"));
  EXPECT_EQ(morning.back(), At("2026-01-14T17:08:00+01:00"));
}

}  // namespace
}  // namespace nara::fleet
