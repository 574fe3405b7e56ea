#include "alert_router/episode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nara::alert {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time kNoon{hours(24 * 365 + 12)};

// A device that numbers what it says, before and after it was reset, and one that does not.
constexpr char kEvent[] = "disp-1/a/00000000000000aa/7";
constexpr char kNext[] = "disp-1/a/00000000000000aa/8";
constexpr char kAnew[] = "disp-1/a/00000000000000bb/1";
constexpr char kHash[] = "disp-1/a/00000000000000cc/0";
constexpr char kOtherHash[] = "disp-1/a/00000000000000dd/0";

// The alert of an event of noon.
Alert Raised(const std::string& event_id, seconds after_noon = seconds(0)) {
  Alert alert;
  alert.event_id = event_id;
  alert.effective_at = kNoon + after_noon;
  return alert;
}

Beginning Event(const std::string& event_id, seconds after_noon, seconds alarm_for = hours(24)) {
  return {event_id, kNoon + after_noon, alarm_for};
}

EpisodeEnd Taken(const std::string& event_id, seconds after_noon) {
  return {"dose_taken", event_id, kNoon + after_noon};
}

TEST(Episode, TheSameEventRepeatsWhateverItsTime) {
  EXPECT_TRUE(IsRepeat(Event(kEvent, hours(0)), {Raised(kEvent)}, {}));
  EXPECT_TRUE(IsRepeat(Event(kEvent, hours(24 * 9)), {Raised(kEvent)}, {})) << "its clock was set meanwhile";
  EXPECT_TRUE(IsRepeat(Event(kEvent, hours(0)), {Raised(kEvent)}, {Taken(kNext, -minutes(1))}));
}

TEST(Episode, AReminderRepeatsForTwelveHours) {
  EXPECT_TRUE(IsRepeat(Event(kNext, minutes(10)), {Raised(kEvent)}, {}));
  EXPECT_TRUE(IsRepeat(Event(kNext, hours(12)), {Raised(kEvent)}, {}));
  EXPECT_TRUE(IsRepeat(Event(kNext, -hours(12)), {Raised(kEvent)}, {})) << "the older one came later";
  EXPECT_FALSE(IsRepeat(Event(kNext, hours(12) + seconds(1)), {Raised(kEvent)}, {})) << "the same hour of each day";
  EXPECT_FALSE(IsRepeat(Event(kNext, -hours(12) - seconds(1)), {Raised(kEvent)}, {}));
}

TEST(Episode, AReminderRepeatsForNoLongerThanItIsAnAlarm) {
  EXPECT_TRUE(IsRepeat(Event(kNext, minutes(15), minutes(15)), {Raised(kEvent)}, {}));
  EXPECT_FALSE(IsRepeat(Event(kNext, minutes(15) + seconds(1), minutes(15)), {Raised(kEvent)}, {}));
}

TEST(Episode, InANewEpochWhatWasSentAgainRepeatsForAnHour) {
  EXPECT_TRUE(IsRepeat(Event(kAnew, seconds(0)), {Raised(kEvent)}, {})) << "sent again from its store";
  EXPECT_TRUE(IsRepeat(Event(kAnew, hours(1)), {Raised(kEvent)}, {}));
  EXPECT_FALSE(IsRepeat(Event(kAnew, hours(1) + seconds(1)), {Raised(kEvent)}, {})) << "it was reset";
}

TEST(Episode, ADeviceWithoutNumbersIsToldApartByTimeAlone) {
  EXPECT_TRUE(IsRepeat(Event(kOtherHash, hours(12)), {Raised(kHash)}, {}));
  EXPECT_TRUE(IsRepeat(Event(kAnew, hours(12)), {Raised(kHash)}, {})) << "it began to number";
  EXPECT_FALSE(IsRepeat(Event(kHash, hours(12) + seconds(1)), {Raised(kHash)}, {})) << "a clock that stands still";
}

TEST(Episode, WhatIsMissedAfterItWasTakenIsAnother) {
  const std::vector<EpisodeEnd> taken = {Taken(kNext, minutes(10))};
  EXPECT_TRUE(IsRepeat(Event(kNext, minutes(9)), {Raised(kEvent)}, taken)) << "a reminder that was late";
  EXPECT_TRUE(IsRepeat(Event(kNext, minutes(12)), {Raised(kEvent)}, taken)) << "at the same moment";
  EXPECT_FALSE(IsRepeat(Event(kNext, minutes(12) + seconds(1)), {Raised(kEvent)}, taken));
  EXPECT_FALSE(IsRepeat(Event(kEvent, seconds(0)), {Raised(kNext, minutes(20))}, taken)) << "the older one came later";
}

TEST(Episode, EveryAlertOfTheEpisodeIsLookedAt) {
  const std::vector<Alert> days = {Raised(kEvent), Raised(kNext, hours(24)), Raised(kAnew, hours(48))};
  EXPECT_TRUE(IsRepeat(Event(kOtherHash, minutes(5)), days, {}));
  EXPECT_TRUE(IsRepeat(Event(kOtherHash, hours(25)), days, {}));
  EXPECT_FALSE(IsRepeat(Event(kOtherHash, hours(72)), days, {}));
  EXPECT_FALSE(IsRepeat(Event(kOtherHash, hours(0)), {}, {}));
}

TEST(Episode, AnEndThatCameFirstIsForItsOwnBeginning) {
  const Beginning missed = Event(kEvent, seconds(0), hours(12));
  EXPECT_EQ(EndedBy(missed, {}, {Taken(kNext, minutes(30))}), "dose_taken");
  EXPECT_EQ(EndedBy(missed, {}, {Taken(kNext, hours(12))}), "dose_taken");
  EXPECT_EQ(EndedBy(missed, {}, {Taken(kNext, hours(12) + seconds(1))}), "");
  EXPECT_EQ(EndedBy(missed, {}, {Taken(kNext, -minutes(2))}), "dose_taken") << "at the same moment";
  EXPECT_EQ(EndedBy(missed, {}, {Taken(kNext, -minutes(2) - seconds(1))}), "") << "the dose of that number before";
}

TEST(Episode, AnEndOfANewEpochIsForTheLastHour) {
  const Beginning missed = Event(kEvent, seconds(0), hours(12));
  EXPECT_EQ(EndedBy(missed, {}, {Taken(kAnew, hours(1))}), "dose_taken");
  EXPECT_EQ(EndedBy(missed, {}, {Taken(kAnew, hours(1) + seconds(1))}), "");
  const std::vector<Alert> known = {Raised(kEvent)};
  EXPECT_EQ(EndedWith(Taken(kAnew, hours(1)), known, hours(12)), &known[0]);
  EXPECT_EQ(EndedWith(Taken(kAnew, hours(1) + seconds(1)), known, hours(12)), nullptr);
}

TEST(Episode, AnEndBelongsToTheNewestBeginningBeforeIt) {
  const std::vector<Alert> known = {Raised(kEvent), Raised(kHash, hours(2)), Raised(kOtherHash, hours(4))};
  EXPECT_EQ(EndedWith(Taken(kOtherHash, hours(3)), known, hours(12)), &known[1]);
  EXPECT_EQ(EndedWith(Taken(kOtherHash, hours(4) - minutes(2)), known, hours(12)), &known[2]);
  EXPECT_EQ(EndedWith(Taken(kOtherHash, hours(16) + seconds(1)), known, hours(12)), nullptr);
  EXPECT_EQ(EndedWith(Taken(kOtherHash, -minutes(3)), known, hours(12)), nullptr);
  const Beginning older = Event(kAnew, hours(1), hours(12));
  EXPECT_EQ(EndedBy(older, known, {Taken(kOtherHash, hours(3))}), "") << "it ended what began at two";
}

TEST(Episode, WhatIsReadFromTheStoreIsAllThatDecides) {
  const Beginning event = Event(kEvent, seconds(0), hours(24));
  EXPECT_TRUE(AlertsAround(event).Has(kNoon - hours(12)));
  EXPECT_TRUE(AlertsAround(event).Has(kNoon + hours(24) + minutes(2)));
  EXPECT_TRUE(EndsAround(event).Has(kNoon - hours(12) - minutes(2)));
  EXPECT_TRUE(EndsAround(event).Has(kNoon + hours(24)));
  EXPECT_FALSE(AlertsAround(event).Has(kNoon - hours(13)));
}

}  // namespace
}  // namespace nara::alert
