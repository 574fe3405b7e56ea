#include "tools/fleet/rhythm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "common/catalogue/catalogue.h"
#include "common/catalogue/check_record.h"
#include "tools/fleet/readings.h"
#include "tools/fleet/staff_plan.h"

namespace nara::fleet {
namespace {

constexpr uint64_t kSeed = 2026;

TEST(Rhythm, IsTheSameForTheSameDayAndAnotherForTheNext) {
  const auto day = OccasionsOfDay("d-1", "evondos", kSeed, 1);
  const auto again = OccasionsOfDay("d-1", "evondos", kSeed, 1);
  const auto next = OccasionsOfDay("d-1", "evondos", kSeed, 2);
  ASSERT_FALSE(day.empty());
  ASSERT_FALSE(next.empty());
  EXPECT_EQ(day.front().at, again.front().at);
  EXPECT_NE(day.front().at, next.front().at);
}

TEST(Rhythm, MissesFewDosesAndTakesSomeOfThemLateInTheSameEpisode) {
  int doses = 0;
  int missed = 0;
  int late = 0;
  for (int day = 0; day < 2000; ++day) {
    std::map<double, bool> missed_at;
    for (const Occasion& occasion : OccasionsOfDay("d-1", "evondos", kSeed, day)) {
      if (occasion.kind == "dose_missed") {
        ++missed;
        EXPECT_EQ(occasion.at, occasion.dose_at + kDoseWindow);
        missed_at[occasion.dose_at] = true;
      }
      if (occasion.kind == "dose_taken" && missed_at.contains(occasion.dose_at)) ++late;
      if (occasion.kind == "dose_taken" || occasion.kind == "dose_missed") ++doses;
    }
  }
  EXPECT_NEAR(static_cast<double>(missed) / (doses - late), kMissed, 0.02);
  EXPECT_NEAR(static_cast<double>(late) / missed, kTakenLate, 0.1);
}

TEST(Rhythm, IsSilentForAProductThatSendsNothing) {
  EXPECT_TRUE(OccasionsOfDay("s-1", "dosell-simple", kSeed, 0).empty());
}

TEST(Rhythm, IsKnownForEveryConnectedProductAndSaysOnlyWhatTheCatalogueAllows) {
  const auto catalogue = Catalogue::Load(NARA_CATALOGUE);
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  for (const auto& [id, product] : catalogue->products()) {
    size_t said = 0;
    for (int day = 0; day < 400; ++day) {
      for (const Occasion& occasion : OccasionsOfDay("x-1", id, kSeed, day)) {
        ++said;
        ASSERT_TRUE(product.Sends(occasion.kind)) << id << " " << occasion.kind;
        const auto* kind = catalogue->FindKind(occasion.kind);
        const auto record = MakeReading(occasion.kind, "x-1", kSeed, said, occasion.at);
        for (const auto& value : record.values()) {
          EXPECT_NE(kind->FindComponent(value.component()), nullptr) << value.component();
        }
        EXPECT_EQ(occasion.dose_at >= 0, kind->episode) << occasion.kind;
      }
    }
    EXPECT_EQ(said > 0, product.connected) << id;
  }
}

TEST(StaffPlan, MostAcceptSomeRejectSomeSleepAndTheFallbackNeverFails) {
  std::map<StaffPlan::Act, int> acts;
  for (int i = 0; i < 1000; ++i) {
    const std::string alert = "alert-" + std::to_string(i);
    ++acts[PlanFor("centre-1480", alert, kSeed).act];
    EXPECT_EQ(PlanFor("county-fallback", alert, kSeed).act, StaffPlan::Act::kAccept);
  }
  EXPECT_GT(acts[StaffPlan::Act::kAccept], 750);
  EXPECT_GT(acts[StaffPlan::Act::kReject], 30);
  EXPECT_GT(acts[StaffPlan::Act::kSleep], 30);
}

TEST(StaffPlan, MarksWhatIsSimulated) {
  EXPECT_TRUE(IsSimulated(SimulatedOperator("centre-1480")));
  EXPECT_FALSE(IsSimulated("anna"));
}

}  // namespace
}  // namespace nara::fleet
