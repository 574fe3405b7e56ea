// Chains, receivers and who leads, on a real PostgreSQL.
#include "device_registry/chains/chains.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "common/rpc/error.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename T>
std::string Reason(const absl::StatusOr<T>& result) {
  return rpc::ReasonOf(result.status());
}

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

v1::PutChainRequest Chain(const std::string& text) {
  return Parse<v1::PutChainRequest>("chain { unit: 'care-1480-1' " + text + " }");
}

// Of receivers alone, as callers of old send it.
v1::PutChainRequest Plain(std::uint32_t version, const std::vector<std::string>& receivers) {
  v1::PutChainRequest request = Chain("version: " + std::to_string(version));
  for (const std::string& receiver : receivers) {
    v1::ChainStep& step = *request.mutable_chain()->add_steps();
    step.set_receiver(receiver);
    step.set_accept_seconds(60);
  }
  return request;
}

constexpr char kNight[] = "hours { day: SCHEDULE_DAY_FRIDAY from_minute: 1320 to_minute: 420 }";

class ChainsTest : public ::testing::Test {
 protected:
  ChainsTest() { county_.Fill(); }

  absl::StatusOr<v1::PutChainResponse> Put(const v1::PutChainRequest& request, const std::string& who = "chef-1480") {
    return chains_.PutChain(county_.As(who), request);
  }
  std::string Refused(const std::string& text) { return Reason(Put(Chain(text))); }
  absl::StatusOr<v1::PutReceiverResponse> PutReceiver(const std::string& text, const std::string& who = "chef-1480") {
    return chains_.PutReceiver(county_.As(who), Parse<v1::PutReceiverRequest>("receiver { " + text + " }"));
  }
  std::string Lead(const std::string& who, const std::string& device, v1::ChainLead before, v1::ChainLead lead) {
    v1::SetChainLeadRequest request;
    request.set_device(device);
    request.set_before(before);
    request.set_lead(lead);
    const auto response = chains_.SetChainLead(county_.As(who), request);
    return response.ok() ? "" : Reason(response);
  }

  testing::County county_;
  Chains& chains_ = county_.chains();
};

TEST_F(ChainsTest, AChainIsVersionedAndNeverChangedInPlace) {
  ASSERT_TRUE(Put(Plain(1, {"centre-1480", "county-fallback"})).ok());
  ASSERT_TRUE(Put(Plain(2, {"county-fallback"})).ok());
  EXPECT_EQ(Reason(Put(Plain(2, {"centre-1480"}))), "CHAIN_VERSION");
  v1::GetChainRequest request;
  request.set_unit("care-1480-1");
  request.set_version(1);
  const auto first = chains_.GetChain(county_.As("care"), request);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->chain().steps_size(), 2);
  EXPECT_EQ(first->chain().steps(0).receiver(), "centre-1480");
  request.set_version(0);
  EXPECT_EQ(chains_.GetChain(county_.As("centre-1480"), request)->chain().version(), 2u);
  request.set_version(4'000'000'000u);
  EXPECT_EQ(Reason(chains_.GetChain(county_.As("care"), request)), "UNKNOWN_CHAIN");
  EXPECT_EQ(Reason(chains_.GetChain(county_.As("chef-1490"), request)), "UNKNOWN_CHAIN");
  for (const std::string table : {"chains", "chain_steps"}) {
    EXPECT_THAT(county_.Try("update registry." + table + " set version = 9"), HasSubstr("never changed in place"));
    EXPECT_THAT(county_.Try("delete from registry." + table), HasSubstr("never changed in place"));
  }
}

TEST_F(ChainsTest, ARetryOfAVersionIsAnsweredAsTheFirstWas) {
  const auto first = Put(Plain(1, {"centre-1480"}));
  const auto again = Put(Plain(1, {"centre-1480"}));
  ASSERT_TRUE(first.ok() && again.ok()) << again.status();
  EXPECT_EQ(first->chain().SerializeAsString(), again->chain().SerializeAsString());
  EXPECT_EQ(county_.Ask("select count(*) from registry.chains"), "1");
}

TEST_F(ChainsTest, KeepsTargetsAndFillsTheReceiverForReadersThatKnowNoTargets) {
  const std::string steps =
      std::string("version: 1 holidays: HOLIDAY_RULE_IGNORED steps { accept_seconds: 60 repeats: 2 ") +
      "targets { receiver: 'hmc' role: TARGET_ROLE_VISIT competences: 'key' } " +
      "targets { receiver: 'centre-1480' competences: 'medicine_delegation' schedule { " + kNight +
      " } } } steps { receiver: 'county-fallback' accept_seconds: 300 }";
  const auto put = Put(Chain(steps), "admin");
  ASSERT_TRUE(put.ok()) << put.status();
  const v1::ChainStep& step = put->chain().steps(0);
  EXPECT_EQ(step.receiver(), "centre-1480");
  EXPECT_EQ(step.targets(1).role(), v1::TARGET_ROLE_ANSWER);
  EXPECT_FALSE(step.fallback());
  EXPECT_TRUE(put->chain().steps(1).fallback());
  v1::GetChainRequest request;
  request.set_unit("care-1480-1");
  EXPECT_EQ(chains_.GetChain(county_.As("care"), request)->chain().SerializeAsString(),
            put->chain().SerializeAsString());
  ASSERT_TRUE(county_.CatchUp());
  const auto shown = county_.feeds().chains.table().Current("care-1480-1");
  ASSERT_NE(shown, nullptr);
  EXPECT_EQ(shown->SerializeAsString(), put->chain().SerializeAsString());
}

TEST_F(ChainsTest, AChainWithoutAFallbackIsRefused) {
  const std::string open = "steps { receiver: 'centre-1480' accept_seconds: 60 } ";
  const std::string closing = std::string("targets { receiver: 'centre-1480' schedule { ") + kNight + " } } ";
  EXPECT_EQ(Refused("version: 1 " + open + "steps { accept_seconds: 60 " + closing + "}"), "NO_FALLBACK");
  EXPECT_EQ(Refused("version: 1 steps { accept_seconds: 60 targets { receiver: 'centre-1480' competences: 'key' } }"),
            "NO_FALLBACK");
  EXPECT_EQ(Refused("version: 1 steps { receiver: 'centre-1480' accept_seconds: 60 fallback: true } " + open),
            "INVALID_FIELD");
  EXPECT_EQ(county_.Ask("select count(*) from registry.chains"), "0");
  EXPECT_THAT(county_.Try("begin; insert into registry.chains (unit, version, revision, fallback_step) "
                          "values ('care-1480-1', 1, 1, 1); commit"),
              HasSubstr("chains_have_a_fallback"));
}

TEST_F(ChainsTest, AFallbackIsOfTheCountyOrOfTheUnitsPrincipal) {
  EXPECT_EQ(Reason(Put(Plain(1, {"centre-1480", "centre-1490"}), "admin")), "NO_FALLBACK");
  EXPECT_TRUE(Put(Plain(1, {"centre-1490", "centre-1480"}), "admin").ok()) << "an agreement of two principals";
  EXPECT_TRUE(Put(Plain(2, {"county-fallback"}), "admin").ok());
}

TEST_F(ChainsTest, TheHoursOfAWholeChainAreBounded) {
  const auto with_hours = [](int count) {
    v1::PutChainRequest request = Plain(1, {"centre-1480"});
    for (int i = 0; i < count / 100; ++i) {
      v1::ChainStep& step = *request.mutable_chain()->add_steps();
      step.set_accept_seconds(60);
      v1::Target& target = *step.add_targets();
      target.set_receiver("centre-1480");
      for (int hour = 0; hour < 100; ++hour) {
        auto& hours = *target.mutable_schedule()->add_hours();
        hours.set_day(v1::SCHEDULE_DAY_MONDAY);
        hours.set_from_minute(static_cast<std::uint32_t>(hour));
        hours.set_to_minute(static_cast<std::uint32_t>(hour) + 1);
      }
    }
    auto& last = *request.mutable_chain()->add_steps();
    last.set_receiver("centre-1480");
    last.set_accept_seconds(60);
    return request;
  };
  EXPECT_EQ(Reason(Put(with_hours(600))), "INVALID_FIELD");
  EXPECT_EQ(Reason(Put(with_hours(500))), "");
}

TEST_F(ChainsTest, RefusesChainsThatCannotRing) {
  EXPECT_EQ(Reason(Put(Plain(1, {}))), "INVALID_FIELD");
  EXPECT_EQ(Reason(Put(Plain(0, {"centre-1480"}))), "INVALID_FIELD");
  EXPECT_EQ(Reason(Put(Plain(1, {"NO SUCH"}))), "INVALID_FIELD");
  v1::PutChainRequest elsewhere = Plain(1, {"centre-1480"});
  elsewhere.mutable_chain()->set_unit("no-such-unit");
  EXPECT_EQ(Reason(Put(elsewhere)), "UNKNOWN_UNIT");
  EXPECT_EQ(Reason(Put(elsewhere, "care")), "FORBIDDEN");
  for (const std::string step : {"receiver: 'centre-1480'", "receiver: 'centre-1480' accept_seconds: 60 repeats: 11",
                                 "accept_seconds: 60 targets { receiver: 'centre-1480' role: TARGET_ROLE_VISIT }",
                                 "accept_seconds: 60 receiver: 'hmc' targets { receiver: 'centre-1480' }",
                                 "accept_seconds: 60 targets { receiver: 'centre-1480' schedule {} }",
                                 "accept_seconds: 60 targets { receiver: 'centre-1480' competences: 'Key!' }",
                                 "accept_seconds: 60 targets { receiver: 'centre-1480' schedule { hours { day: "
                                 "SCHEDULE_DAY_MONDAY from_minute: 1440 } } }"}) {
    EXPECT_EQ(Refused("version: 1 steps { " + step + " } steps { receiver: 'centre-1480' accept_seconds: 60 }"),
              "INVALID_FIELD")
        << step;
  }
}

TEST_F(ChainsTest, AChainRingsAtOnesOwnAndAtTheCountysReceivers) {
  const auto put = [&](const std::string& who, const std::string& receiver) {
    return Put(Plain(1, {receiver, "centre-1480"}), who).status();
  };
  const absl::Status foreign = put("chef-1480", "centre-1490");
  const absl::Status missing = put("chef-1480", "no-such-centre");
  EXPECT_EQ(rpc::ReasonOf(foreign), "UNKNOWN_RECEIVER");
  EXPECT_EQ(foreign.code(), missing.code());
  EXPECT_EQ(foreign.message(), missing.message());
  EXPECT_EQ(county_.Ask("select count(*) from registry.chains"), "0");
  EXPECT_TRUE(put("admin", "centre-1490").ok());
}

TEST_F(ChainsTest, OfTwoWhoStoreTheSameVersionOneIsTold) {
  std::vector<std::string> reasons(2);
  {
    const auto put = [&](std::size_t i, const std::string& receiver) {
      const auto response = Put(Plain(1, {receiver}));
      reasons[i] = response.ok() ? "" : Reason(response);
    };
    const std::jthread one([&] { put(0, "centre-1480"); });
    const std::jthread other([&] { put(1, "county-fallback"); });
  }
  std::sort(reasons.begin(), reasons.end());
  EXPECT_THAT(reasons, ElementsAre("", "CHAIN_VERSION"));
  EXPECT_EQ(county_.Ask("select count(*) from registry.chains"), "1");
}

TEST_F(ChainsTest, AReceiverIsAClientWithCompetencesForATime) {
  const std::string known =
      "id: 'centre-1480' kind: RECEIVER_KIND_ALARM_CENTRE reachable: REACHABILITY_STREAM "
      "competences { name: 'medicine_delegation' until { seconds: 2000000000 } } ";
  const auto put = PutReceiver(known);
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->receiver().principal(), "1480");
  EXPECT_EQ(PutReceiver(known)->receiver().revision(), put->receiver().revision()) << "the same again";
  EXPECT_EQ(Reason(PutReceiver(known + "competences { name: 'key' }")), "STALE_VERSION");
  const std::string seen = "revision: " + std::to_string(put->receiver().revision());
  EXPECT_TRUE(PutReceiver(known + "competences { name: 'key' }" + seen).ok());
  EXPECT_EQ(Reason(PutReceiver(known + seen)), "STALE_VERSION");
  EXPECT_EQ(county_.Ask("select before->'competences'->0->>'name' from registry.changes where object = 'receiver' "
                        "order by revision desc limit 1"),
            "medicine_delegation");
}

TEST_F(ChainsTest, RefusesReceiversThatAreNone) {
  const std::string kind = "kind: RECEIVER_KIND_STAFF_GROUP ";
  EXPECT_EQ(Reason(PutReceiver("id: 'centre-1490' " + kind)), "UNKNOWN_RECEIVER");
  EXPECT_EQ(Reason(PutReceiver("id: 'no-such-one' " + kind)), "UNKNOWN_RECEIVER");
  EXPECT_EQ(Reason(PutReceiver("id: 'no-such-one' " + kind, "care")), "FORBIDDEN");
  EXPECT_EQ(Reason(PutReceiver("id: 'county-fallback' " + kind)), "UNKNOWN_RECEIVER") << "the county's";
  EXPECT_EQ(Reason(PutReceiver("id: 'centre-1480'")), "INVALID_FIELD");
  EXPECT_EQ(Reason(PutReceiver("id: 'centre-1480' " + kind + "absences { from { seconds: 9 } }")), "INVALID_FIELD");
  EXPECT_EQ(Reason(PutReceiver("id: 'centre-1480' " + kind +
                               "competences { name: 'key' from { seconds: 9 } until { seconds: 9 } }")),
            "INVALID_FIELD");
}

TEST_F(ChainsTest, ListsTheReceiversThatOneArrangesByPages) {
  for (const std::string id : {"centre-1480", "chef-1480", "centre-1490"}) {
    ASSERT_TRUE(PutReceiver("kind: RECEIVER_KIND_STAFF_GROUP id: '" + id + "'", "admin").ok());
  }
  v1::ListReceiversRequest request;
  request.set_page_size(1);
  const auto first = chains_.ListReceivers(county_.As("chef-1480"), request);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->receivers(0).id(), "centre-1480");
  request.set_page_token(first->next_page_token());
  const auto second = chains_.ListReceivers(county_.As("chef-1480"), request);
  EXPECT_EQ(second->receivers(0).id(), "chef-1480");
  EXPECT_EQ(second->next_page_token(), "");
  request.set_principal("1490");
  EXPECT_EQ(Reason(chains_.ListReceivers(county_.As("admin"), request)), "PAGE_TOKEN") << "of another query";
}

TEST_F(ChainsTest, WhoLeadsIsSaidForEachDeviceAndTheRouteShowsIt) {
  ASSERT_TRUE(county_.CatchUp());
  EXPECT_EQ(county_.feeds().routes.table().Find("disp-0001")->lead(), v1::CHAIN_LEAD_NARA) << "unless said otherwise";
  EXPECT_EQ(Lead("chef-1480", "disp-0001", v1::CHAIN_LEAD_NARA, v1::CHAIN_LEAD_VENDOR_GUARDED), "");
  EXPECT_EQ(Lead("chef-1480", "disp-0001", v1::CHAIN_LEAD_NARA, v1::CHAIN_LEAD_VENDOR_GUARDED), "") << "again";
  EXPECT_EQ(Lead("chef-1480", "disp-0001", v1::CHAIN_LEAD_NARA, v1::CHAIN_LEAD_VENDOR), "STALE_VERSION");
  EXPECT_EQ(Lead("chef-1480", "disp-0001", v1::CHAIN_LEAD_VENDOR_GUARDED, v1::CHAIN_LEAD_UNSPECIFIED), "INVALID_FIELD");
  ASSERT_TRUE(county_.CatchUp());
  EXPECT_EQ(county_.feeds().routes.table().Find("disp-0001")->lead(), v1::CHAIN_LEAD_VENDOR_GUARDED);
  EXPECT_EQ(county_.store().FindDevices({"disp-0001"})->at("disp-0001").lead(), v1::CHAIN_LEAD_VENDOR_GUARDED);
}

TEST_F(ChainsTest, WhoAnswersForTheAlarmsSaysWhoLeads) {
  EXPECT_EQ(Lead("chef-1480", "bp-0001", v1::CHAIN_LEAD_NARA, v1::CHAIN_LEAD_VENDOR), "UNKNOWN_DEVICE");
  ASSERT_TRUE(county_.Assign("a-1", "bp-0001", "r-1", 1'700'000'000).ok());
  EXPECT_EQ(Lead("chef-1480", "bp-0001", v1::CHAIN_LEAD_NARA, v1::CHAIN_LEAD_VENDOR), "");
  EXPECT_EQ(Lead("chef-1490", "bp-0001", v1::CHAIN_LEAD_VENDOR, v1::CHAIN_LEAD_NARA), "UNKNOWN_DEVICE");
  EXPECT_EQ(Lead("chef-1490", "no-such-one", v1::CHAIN_LEAD_VENDOR, v1::CHAIN_LEAD_NARA), "UNKNOWN_DEVICE");
  EXPECT_EQ(Lead("care", "bp-0001", v1::CHAIN_LEAD_VENDOR, v1::CHAIN_LEAD_NARA), "FORBIDDEN");
  EXPECT_EQ(Lead("care", "no-such-one", v1::CHAIN_LEAD_VENDOR, v1::CHAIN_LEAD_NARA), "FORBIDDEN");
}

TEST_F(ChainsTest, ADeviceThatIsRegisteredAgainKeepsWhoLeads) {
  ASSERT_EQ(Lead("chef-1480", "disp-0001", v1::CHAIN_LEAD_NARA, v1::CHAIN_LEAD_VENDOR), "");
  v1::RegisterDevicesRequest request;
  *request.add_devices() = county_.store().FindDevices({"disp-0001"})->at("disp-0001");
  EXPECT_TRUE(county_.registry().RegisterDevices(county_.As("admin"), request).ok());
  EXPECT_EQ(county_.store().FindDevices({"disp-0001"})->at("disp-0001").lead(), v1::CHAIN_LEAD_VENDOR);
}

}  // namespace
}  // namespace nara::registry
