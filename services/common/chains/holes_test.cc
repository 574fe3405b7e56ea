#include "common/chains/holes.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/time/proto_time.h"
#include "common/time/swedish_calendar.h"
#include "common/time/text.h"

namespace nara {
namespace {

using registry::v1::Chain;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Open from 07 to 22 each day, with the county behind.
constexpr char kDays[] = R"pb(
  unit: "home"
  version: 1
  steps {
    accept_seconds: 60
    targets {
      receiver: "nurse"
      schedule {
        hours { day: SCHEDULE_DAY_MONDAY from_minute: 420 to_minute: 1320 }
        hours { day: SCHEDULE_DAY_TUESDAY from_minute: 420 to_minute: 1320 }
      }
    }
  }
  steps { receiver: "county" accept_seconds: 300 fallback: true }
)pb";

class HolesTest : public ::testing::Test {
 protected:
  HolesTest() {
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kDays, &chain_));
    for (const std::string id : {"nurse", "patrol", "county"}) receivers_[id].set_id(id);
  }
  // From Monday at noon until Tuesday at noon, "KIND 22:00-07:00".
  std::vector<std::string> Found() const {
    const Period period{ParseRfc3339("2026-02-16T12:00:00+01:00").value(),
                        ParseRfc3339("2026-02-17T12:00:00+01:00").value()};
    std::vector<std::string> found;
    for (const auto& hole : HolesIn(chain_, receivers_, zone_, period)) {
      found.push_back(registry::v1::HoleKind_Name(hole.kind()).substr(10) + " " +
                      absl::FormatTime("%H:%M", FromProto(hole.from()), zone_) + "-" +
                      absl::FormatTime("%H:%M", FromProto(hole.until()), zone_));
    }
    return found;
  }

  const absl::TimeZone zone_ = SwedishCalendar::Zone();
  Chain chain_;
  KnownReceivers receivers_;
};

TEST_F(HolesTest, AtNightOnlyTheFallbackIsThere) {
  EXPECT_THAT(Found(), ElementsAre("ONLY_FALLBACK 22:00-07:00"));
}

TEST_F(HolesTest, AChainThatIsAlwaysOpenHasNone) {
  chain_.mutable_steps(0)->mutable_targets(0)->clear_schedule();
  EXPECT_THAT(Found(), IsEmpty());
}

TEST_F(HolesTest, NamesTheTimeWhenNobodyIsCompetent) {
  chain_.mutable_steps(0)->mutable_targets(0)->clear_schedule();
  chain_.mutable_steps(0)->mutable_targets(0)->add_competences("medicine_delegation");
  registry::v1::Competence& competence = *receivers_["nurse"].add_competences();
  competence.set_name("medicine_delegation");
  *competence.mutable_until() = ToProto(ParseRfc3339("2026-02-16T20:00:00+01:00").value());
  EXPECT_THAT(Found(), ElementsAre("NOBODY_COMPETENT 20:00-12:00"));
}

TEST_F(HolesTest, NamesTheTimeWhenNobodyVisits) {
  chain_.mutable_steps(0)->mutable_targets(0)->clear_schedule();
  registry::v1::Target& patrol = *chain_.mutable_steps(0)->add_targets();
  patrol.set_receiver("patrol");
  patrol.set_role(registry::v1::TARGET_ROLE_VISIT);
  EXPECT_THAT(Found(), IsEmpty());
  registry::v1::ReceiverAbsence& absence = *receivers_["patrol"].add_absences();
  *absence.mutable_from() = ToProto(ParseRfc3339("2026-02-16T13:00:00+01:00").value());
  *absence.mutable_until() = ToProto(ParseRfc3339("2026-02-16T14:00:00+01:00").value());
  EXPECT_THAT(Found(), ElementsAre("NOBODY_VISITS 13:00-14:00"));
}

TEST_F(HolesTest, TheWorstIsThatNotEvenTheFallbackIsThere) {
  receivers_.erase("county");
  EXPECT_THAT(Found(), ElementsAre("NOBODY 22:00-07:00"));
}

}  // namespace
}  // namespace nara
