#include "common/chains/reach.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/chains/schedule.h"
#include "common/time/proto_time.h"
#include "common/time/swedish_calendar.h"
#include "common/time/text.h"

namespace nara {
namespace {

using registry::v1::Chain;
using registry::v1::ReachedStep;
using ::testing::ElementsAre;

// Staff at night with a delegation, then a centre, then the county.
constexpr char kChain[] = R"pb(
  unit: "home"
  version: 3
  steps {
    receiver: "nurse"
    accept_seconds: 60
    repeats: 2
    targets {
      receiver: "nurse"
      role: TARGET_ROLE_ANSWER
      competences: "medicine_delegation"
      schedule { hours { day: SCHEDULE_DAY_FRIDAY from_minute: 1320 to_minute: 420 } }
    }
    targets { receiver: "patrol" role: TARGET_ROLE_VISIT competences: "key" }
  }
  steps { receiver: "centre" accept_seconds: 120 }
  steps { receiver: "county" accept_seconds: 300 fallback: true }
)pb";

Chain ChainOf(const std::string& text) {
  Chain chain;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &chain));
  return chain;
}

// "1 nurse CLOSED, patrol NOT_COMPETENT(key) skipped"
std::string Text(const ReachedStep& step) {
  std::string text = std::to_string(step.step());
  for (const auto& target : step.targets()) {
    text += " " + target.receiver();
    if (target.skipped() == registry::v1::SKIP_REASON_UNSPECIFIED) continue;
    text += ":" + registry::v1::SkipReason_Name(target.skipped()).substr(12);
    for (const std::string& name : target.missing()) text += "-" + name;
  }
  return step.skipped() ? text + " skipped" : text;
}

class ReachTest : public ::testing::Test {
 protected:
  ReachTest() {
    for (const std::string id : {"nurse", "patrol", "centre", "county"}) receivers_[id].set_id(id);
    Can("nurse", "medicine_delegation");
    Can("patrol", "key");
  }
  registry::v1::Competence& Can(const std::string& receiver, const std::string& name) {
    registry::v1::Competence& competence = *receivers_[receiver].add_competences();
    competence.set_name(name);
    return competence;
  }
  void Away(const std::string& receiver, const std::string& from, const std::string& until) {
    registry::v1::ReceiverAbsence& absence = *receivers_[receiver].add_absences();
    *absence.mutable_from() = ToProto(ParseRfc3339(from).value());
    *absence.mutable_until() = ToProto(ParseRfc3339(until).value());
  }
  std::vector<std::string> At(const std::string& time) const {
    std::vector<std::string> said;
    for (const ReachedStep& step : ReachAt(chain_, receivers_, SwedishCalendar::Zone(), ParseRfc3339(time).value())) {
      said.push_back(Text(step));
    }
    return said;
  }

  Chain chain_ = ChainOf(kChain);
  KnownReceivers receivers_;
};

TEST_F(ReachTest, SaysWhoGetsItAtNightAndWhoCanAct) {
  EXPECT_THAT(At("2026-02-21T03:10:00+01:00"), ElementsAre("1 nurse patrol", "2 centre", "3 county"));
  const auto steps = ReachAt(chain_, receivers_, SwedishCalendar::Zone(), absl::UnixEpoch());
  EXPECT_EQ(steps[0].accept_seconds(), 60u);
  EXPECT_EQ(steps[0].repeats(), 2u);
  EXPECT_FALSE(steps[1].fallback());
  EXPECT_TRUE(steps[2].fallback());
}

TEST_F(ReachTest, AStepWhoseHoursAreOverIsPassedOver) {
  EXPECT_THAT(At("2026-02-21T12:00:00+01:00"), ElementsAre("1 nurse:CLOSED patrol skipped", "2 centre", "3 county"));
}

TEST_F(ReachTest, ACompetenceHoldsFromItsStartUntilItsEnd) {
  receivers_["nurse"].clear_competences();
  registry::v1::Competence& competence = Can("nurse", "medicine_delegation");
  *competence.mutable_from() = ToProto(ParseRfc3339("2026-02-20T23:00:00+01:00").value());
  *competence.mutable_until() = ToProto(ParseRfc3339("2026-02-21T03:00:00+01:00").value());
  const std::string lacks = "1 nurse:NOT_COMPETENT-medicine_delegation patrol skipped";
  EXPECT_EQ(At("2026-02-20T22:59:59+01:00")[0], lacks);
  EXPECT_EQ(At("2026-02-20T23:00:00+01:00")[0], "1 nurse patrol");
  EXPECT_EQ(At("2026-02-21T03:00:00+01:00")[0], lacks);
}

TEST_F(ReachTest, WhoeverIsAwayIsPassedOver) {
  Away("nurse", "2026-02-21T00:00:00+01:00", "2026-02-22T00:00:00+01:00");
  EXPECT_EQ(At("2026-02-21T03:10:00+01:00")[0], "1 nurse:ABSENT patrol skipped");
  EXPECT_EQ(At("2026-02-28T03:10:00+01:00")[0], "1 nurse patrol");
}

TEST_F(ReachTest, WhoMayNotCallAnyMoreIsPassedOver) {
  receivers_.erase("centre");
  EXPECT_EQ(At("2026-02-21T03:10:00+01:00")[1], "2 centre:REVOKED skipped");
}

TEST_F(ReachTest, AStepRingsAtWhoAnswersAlsoWhenNobodyCanVisit) {
  receivers_["patrol"].clear_competences();
  EXPECT_EQ(At("2026-02-21T03:10:00+01:00")[0], "1 nurse patrol:NOT_COMPETENT-key");
}

}  // namespace
}  // namespace nara
