// What chains would do, on a real PostgreSQL.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "common/time/text.h"
#include "device_registry/chains/chains.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

google::protobuf::Timestamp Time(const std::string& text) {
  return ToProto(ParseRfc3339(text).value());
}

// The centre on nights of Fridays if it may hand over medicine, then the county.
constexpr char kNights[] = R"pb(
  steps {
    accept_seconds: 60
    targets {
      receiver: "centre-1480"
      competences: "medicine_delegation"
      schedule { hours { day: SCHEDULE_DAY_FRIDAY from_minute: 1320 to_minute: 420 } }
    }
  }
  steps { receiver: "county-fallback" accept_seconds: 300 }
)pb";

class ExplainTest : public ::testing::Test {
 protected:
  ExplainTest() {
    county_.Fill();
    EXPECT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", 1'700'000'000).ok());
    PutChain("alarm-1480", 1, kNights);
  }

  void PutChain(const std::string& unit, std::uint32_t version, const std::string& steps) {
    v1::PutChainRequest request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(steps, request.mutable_chain()));
    request.mutable_chain()->set_unit(unit);
    request.mutable_chain()->set_version(version);
    const auto put = county_.chains().PutChain(county_.As("admin"), request);
    EXPECT_TRUE(put.ok()) << put.status();
  }
  void PutCompetence(const std::string& id, const std::string& name) {
    v1::PutReceiverRequest request;
    request.mutable_receiver()->set_id(id);
    request.mutable_receiver()->set_kind(v1::RECEIVER_KIND_ALARM_CENTRE);
    request.mutable_receiver()->add_competences()->set_name(name);
    EXPECT_TRUE(county_.chains().PutReceiver(county_.As("admin"), request).ok());
  }
  absl::StatusOr<v1::ExplainChainResponse> Explain(const std::string& at, const std::string& who = "chef-1480",
                                                   const std::string& device = "disp-0001") {
    v1::ExplainChainRequest request;
    request.set_device(device);
    if (!at.empty()) *request.mutable_at() = Time(at);
    return county_.chains().ExplainChain(county_.As(who), request);
  }
  // "centre-1480 CLOSED", "county-fallback".
  std::vector<std::string> Reached(const std::string& at) {
    const auto explained = Explain(at);
    EXPECT_TRUE(explained.ok()) << explained.status();
    std::vector<std::string> reached;
    for (const v1::ReachedStep& step : explained->steps()) {
      const v1::ReachedTarget& target = step.targets(0);
      const bool acts = target.skipped() == v1::SKIP_REASON_UNSPECIFIED;
      reached.push_back(target.receiver() + (acts ? "" : " " + v1::SkipReason_Name(target.skipped()).substr(12)));
    }
    return reached;
  }
  // "alarm-1480 ONLY_FALLBACK".
  std::vector<std::string> Holes(const std::string& principal) {
    v1::CheckChainsRequest request;
    request.set_principal(principal);
    *request.mutable_from() = Time("2028-02-15T12:00:00+01:00");
    const auto checked = county_.chains().CheckChains(county_.As("admin"), request);
    EXPECT_TRUE(checked.ok()) << checked.status();
    std::vector<std::string> holes;
    for (const v1::Hole& hole : checked->holes()) {
      holes.push_back(hole.unit() + " " + v1::HoleKind_Name(hole.kind()).substr(10));
    }
    return holes;
  }

  testing::County county_;
};

TEST_F(ExplainTest, SaysWhoGetsItOnSaturdayAtTenPastThreeAndWhoCanAct) {
  EXPECT_THAT(Reached("2028-02-19T03:10:00+01:00"), ElementsAre("centre-1480 NOT_COMPETENT", "county-fallback"));
  PutCompetence("centre-1480", "medicine_delegation");
  EXPECT_THAT(Reached("2028-02-19T03:10:00+01:00"), ElementsAre("centre-1480", "county-fallback"));
  EXPECT_THAT(Reached("2028-02-19T12:00:00+01:00"), ElementsAre("centre-1480 CLOSED", "county-fallback"));
  const auto explained = Explain("2028-02-19T03:10:00+01:00");
  EXPECT_EQ(explained->unit(), "alarm-1480");
  EXPECT_EQ(explained->assignment(), "a-1");
  EXPECT_EQ(explained->version(), 1u);
  EXPECT_EQ(explained->lead(), v1::CHAIN_LEAD_NARA);
}

TEST_F(ExplainTest, WhoMayNotCallAnyMoreDoesNotGetIt) {
  v1::PutClientRequest request;
  request.mutable_client()->set_id("county-fallback");
  request.mutable_client()->set_role("alarm_centre");
  request.mutable_client()->set_revoked(true);
  ASSERT_TRUE(county_.registry().PutClient(county_.As("admin"), request).ok());
  EXPECT_EQ(Reached("2028-02-19T12:00:00+01:00")[1], "county-fallback REVOKED");
}

TEST_F(ExplainTest, TheTimelineSaysWhoseChainItIs) {
  v1::TransferResponsibilityRequest request;
  request.set_assignment("a-1");
  request.set_purpose(v1::PURPOSE_ALARM);
  request.set_unit("care-1480-2");
  *request.mutable_since() = Time("2028-02-01T00:00:00+01:00");
  ASSERT_TRUE(county_.assignments().TransferResponsibility(county_.As("admin"), request).ok());
  EXPECT_EQ(Explain("2028-01-31T23:59:59+01:00")->unit(), "alarm-1480");
  const auto after = Explain("2028-02-01T00:00:00+01:00");
  EXPECT_EQ(after->unit(), "care-1480-2");
  EXPECT_EQ(after->version(), 0u) << "it has no chain";
  EXPECT_THAT(after->steps(), IsEmpty());
}

TEST_F(ExplainTest, WhileADeviceIsNobodysItsFallbackUnitIsTold) {
  const auto before = Explain("2020-01-01T00:00:00Z");
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_EQ(before->unit(), "alarm-1480");
  EXPECT_EQ(before->assignment(), "");
}

TEST_F(ExplainTest, ThePastIsExplainedByTheVersionThatWasInForce) {
  EXPECT_EQ(Explain("2023-12-01T00:00:00Z")->version(), 0u) << "before there was a chain";
  PutChain("alarm-1480", 2, "steps { receiver: 'county-fallback' accept_seconds: 60 }");
  EXPECT_EQ(Explain("")->version(), 2u);
  const std::string between = county_.Ask(
      "select to_char(stored_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from registry.chains "
      "where version = 1");
  EXPECT_EQ(Explain(between)->version(), 1u);
}

TEST_F(ExplainTest, ADeviceOfOthersIsNotThere) {
  const auto foreign = Explain("2028-02-19T03:10:00+01:00", "chef-1490");
  const auto missing = Explain("2028-02-19T03:10:00+01:00", "chef-1490", "no-such-one");
  EXPECT_EQ(rpc::ReasonOf(foreign.status()), "UNKNOWN_DEVICE");
  EXPECT_EQ(rpc::ReasonOf(missing.status()), "UNKNOWN_DEVICE");
  EXPECT_EQ(rpc::ReasonOf(Explain("", "admin", "no-such-one").status()), "UNKNOWN_DEVICE");
  EXPECT_EQ(rpc::ReasonOf(Explain("", "hmc").status()), "FORBIDDEN");
}

TEST_F(ExplainTest, FindsTheHolesOfAPrincipalsChains) {
  EXPECT_THAT(Holes("1480"),
              ElementsAre("alarm-1480 ONLY_FALLBACK", "alarm-1480 NOBODY_COMPETENT", "alarm-1480 ONLY_FALLBACK"));
  PutCompetence("centre-1480", "medicine_delegation");
  EXPECT_THAT(Holes("1480"), ElementsAre("alarm-1480 ONLY_FALLBACK", "alarm-1480 ONLY_FALLBACK"));
  PutChain(
      "alarm-1480", 2,
      "steps { receiver: 'centre-1480' accept_seconds: 60 } steps { receiver: 'county-fallback' accept_seconds: 60 }");
  EXPECT_THAT(Holes("1480"), IsEmpty());
}

TEST_F(ExplainTest, AUnitThatAnswersForAlarmsWithoutAChainIsAHole) {
  v1::TransferResponsibilityRequest request;
  request.set_assignment("a-1");
  request.set_purpose(v1::PURPOSE_ALARM);
  request.set_unit("care-1490-1");
  ASSERT_TRUE(county_.assignments().TransferResponsibility(county_.As("admin"), request).ok());
  EXPECT_THAT(Holes("1490"), ElementsAre("care-1490-1 NO_CHAIN"));
}

TEST_F(ExplainTest, APrincipalThatIsMisspeltIsNoPrincipalWithoutHoles) {
  v1::CheckChainsRequest request;
  request.set_principal("14800");
  EXPECT_EQ(rpc::ReasonOf(county_.chains().CheckChains(county_.As("admin"), request).status()), "UNKNOWN_PRINCIPAL");
  request.set_principal("1401");
  const auto without_units = county_.chains().CheckChains(county_.As("admin"), request);
  ASSERT_TRUE(without_units.ok()) << without_units.status();
  EXPECT_EQ(without_units->units(), 0u);
}

TEST_F(ExplainTest, ChecksUnitsByPagesAndOnlyOnesOwn) {
  v1::CheckChainsRequest request;
  request.set_principal("1480");
  request.set_page_size(2);
  const auto first = county_.chains().CheckChains(county_.As("chef-1480"), request);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->units(), 2u);
  request.set_page_token(first->next_page_token());
  const auto second = county_.chains().CheckChains(county_.As("chef-1480"), request);
  EXPECT_EQ(second->units(), 1u);
  EXPECT_EQ(second->next_page_token(), "");
  EXPECT_EQ(rpc::ReasonOf(county_.chains().CheckChains(county_.As("chef-1490"), request).status()),
            "UNKNOWN_PRINCIPAL");
}

}  // namespace
}  // namespace nara::registry
