// Blocks, on a real PostgreSQL.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "common/rpc/error.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr char kBlock[] = "id: 'b-1' resident: 'r-1' provider: 'provider of 1480' uses: DATA_USE_CARE ";

template <typename T>
std::string Reason(const absl::StatusOr<T>& result) {
  return rpc::ReasonOf(result.status());
}

class BlocksTest : public ::testing::Test {
 protected:
  BlocksTest() {
    county_.Fill();
    EXPECT_TRUE(county_.Assign("a-1", "bp-0001", "r-1", 1'700'000'000).ok());
  }

  absl::StatusOr<v1::SetBlockResponse> Set(const std::string& text, const std::string& who = "care") {
    v1::SetBlockRequest request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, request.mutable_block())) << text;
    return county_.privacy().SetBlock(county_.As(who), request);
  }
  absl::StatusOr<v1::LiftBlockResponse> Lift(const std::string& id, const std::string& who = "care") {
    v1::LiftBlockRequest request;
    request.set_block(id);
    request.set_reason("on the resident's request");
    return county_.privacy().LiftBlock(county_.As(who), request);
  }
  absl::StatusOr<v1::ListBlocksResponse> List(const std::string& who = "care", const std::string& resident = "r-1",
                                              int size = 0, const std::string& token = "") {
    v1::ListBlocksRequest request;
    request.set_resident(resident);
    request.set_page_size(size);
    request.set_page_token(token);
    return county_.privacy().ListBlocks(county_.As(who), request);
  }
  std::uint64_t Shown() { return county_.feeds().access.table().revision(); }

  testing::County county_;
};

TEST_F(BlocksTest, WhatIsNotThereIsLiftedByNobody) {
  v1::PutClientRequest put;
  put.mutable_client()->set_id("chef-county");
  put.mutable_client()->set_role("principal_admin");
  ASSERT_TRUE(county_.registry().PutClient(county_.As("admin"), put).ok());
  ASSERT_TRUE(county_.CatchUp());
  for (const char* who : {"care", "chef-1480", "chef-county"}) {
    EXPECT_EQ(rpc::ReasonOf(Lift("b-none", who).status()), "UNKNOWN_BLOCK") << who;
  }
}

TEST_F(BlocksTest, AnotherPrincipalOfTheProviderLiftsNone) {
  ASSERT_EQ(county_.Try("insert into registry.provider_principals (provider, principal) "
                        "values ('provider of 1480', '1490'); "
                        "update registry.units set provider = 'provider of 1480' where id = 'care-1490-1'"),
            "");
  ASSERT_TRUE(Set(kBlock).ok());
  EXPECT_EQ(Reason(Lift("b-1", "chef-1490")), "UNKNOWN_BLOCK") << "it has a unit of the provider, and not the resident";
  EXPECT_FALSE(List()->blocks(0).has_lifted_at());
}

TEST_F(BlocksTest, ABlockOfAUnitThatHasMovedIsSeenAndLifted) {
  ASSERT_TRUE(
      Set("id: 'b-1' resident: 'r-1' provider: 'provider of 1480' unit: 'care-1480-1' uses: DATA_USE_CARE").ok());
  ASSERT_EQ(county_.Try("insert into registry.provider_principals (provider, principal) "
                        "values ('provider of 1490', '1480'); "
                        "update registry.units set provider = 'provider of 1490' where id = 'care-1480-1'"),
            "");
  EXPECT_EQ(List()->blocks_size(), 1);
  EXPECT_EQ(Reason(Lift("b-1")), "");
}

TEST_F(BlocksTest, TheProviderThatAnswersSetsAndLiftsOne) {
  const auto set = Set(kBlock);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_TRUE(set->block().has_start_at());
  ASSERT_EQ(List()->blocks_size(), 1);
  EXPECT_EQ(List()->blocks(0).SerializeAsString(), set->block().SerializeAsString());
  const auto lifted = Lift("b-1");
  ASSERT_TRUE(lifted.ok()) << lifted.status();
  EXPECT_TRUE(lifted->block().has_lifted_at());
  EXPECT_EQ(Lift("b-1")->block().SerializeAsString(), lifted->block().SerializeAsString()) << "a retry";
  EXPECT_EQ(Reason(Set(kBlock)), "BLOCK_LIFTED");
  EXPECT_THAT(county_.Ask("select before::text from registry.changes where action = 'lift'"), HasSubstr("b-1"));
}

TEST_F(BlocksTest, TheSameAgainIsTheSameAndOtherContentIsAnotherBlock) {
  const auto first = Set(kBlock);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Set(kBlock)->block().SerializeAsString(), first->block().SerializeAsString());
  EXPECT_EQ(Reason(Set(std::string(kBlock) + "uses: DATA_USE_SUPERVISION")), "BLOCK_DIFFERS");
  EXPECT_EQ(Reason(Set("id: 'b-1' resident: 'r-1' provider: 'provider of 1480' unit: 'care-1480-1' "
                       "uses: DATA_USE_CARE")),
            "BLOCK_DIFFERS");
  v1::Block longer = first->block();
  longer.mutable_end_at()->set_seconds(4'000'000'000);
  const auto changed = Set(longer.ShortDebugString());
  ASSERT_TRUE(changed.ok()) << changed.status();
  longer.mutable_end_at()->set_seconds(4'000'000'001);
  EXPECT_EQ(Reason(Set(longer.ShortDebugString())), "STALE_VERSION");
}

TEST_F(BlocksTest, NobodyElseSetsOne) {
  EXPECT_EQ(Reason(Set(kBlock, "chef-1490")), "UNKNOWN_RESIDENT");
  EXPECT_EQ(Reason(Set("id: 'b-1' resident: 'r-9' provider: 'provider of 1480' uses: DATA_USE_CARE")),
            "UNKNOWN_RESIDENT");
  EXPECT_EQ(Reason(Set("id: 'b-1' resident: 'r-1' provider: 'provider of 1490' uses: DATA_USE_CARE")),
            "UNKNOWN_PROVIDER");
  EXPECT_EQ(Reason(Set("id: 'b-1' resident: 'r-1' provider: 'provider of 1480' unit: 'care-1490-1' "
                       "uses: DATA_USE_CARE")),
            "UNKNOWN_UNIT");
  EXPECT_EQ(Reason(Set("id: 'b-1' resident: 'r-1' provider: 'provider of 1480' unit: 'care-1480-2' "
                       "uses: DATA_USE_CARE")),
            "UNKNOWN_UNIT")
      << "the same provider, another unit";
  for (const char* who : {"centre-1480", "watch", "hmc", "admin", "ingest"}) {
    EXPECT_EQ(Reason(Set(kBlock, who)), "FORBIDDEN") << who;
    EXPECT_EQ(Reason(List(who)), "FORBIDDEN") << who;
    EXPECT_EQ(Reason(Lift("b-1", who)), "FORBIDDEN") << who;
  }
}

TEST_F(BlocksTest, AnotherProvidersBlockIsNotThere) {
  ASSERT_TRUE(Set(kBlock).ok());
  EXPECT_EQ(Reason(Lift("b-1", "chef-1490")), "UNKNOWN_BLOCK");
  EXPECT_EQ(Reason(Lift("no-such", "chef-1490")), "UNKNOWN_BLOCK");
  EXPECT_EQ(Reason(List("chef-1490")), "UNKNOWN_RESIDENT");
}

TEST_F(BlocksTest, WhatMeansNothingIsRefused) {
  for (const char* bad : {
           "resident: 'r-1' provider: 'provider of 1480' uses: DATA_USE_CARE",
           "id: 'b 1' resident: 'r-1' provider: 'provider of 1480' uses: DATA_USE_CARE",
           "id: 'b-1' resident: 'r-1' provider: 'provider of 1480'",
           "id: 'b-1' resident: 'r-1' provider: 'provider of 1480' uses: DATA_USE_UNSPECIFIED",
           "id: 'b-1' resident: 'r-1' provider: 'provider of 1480' uses: [DATA_USE_CARE, DATA_USE_CARE]",
           "id: 'b-1' resident: 'r-1' provider: 'provider of 1480' uses: DATA_USE_CARE "
           "start_at { seconds: 1800000000 } end_at { seconds: 1800000000 }",
       }) {
    EXPECT_EQ(Reason(Set(bad)), "INVALID_FIELD") << bad;
  }
  EXPECT_EQ(county_.Ask("select count(*) from registry.blocks"), "0");
}

TEST_F(BlocksTest, TheDatabaseForgetsNoneAndChangesNoneThatIsLifted) {
  ASSERT_TRUE(Set(kBlock).ok());
  EXPECT_THAT(county_.Try("delete from registry.blocks"), HasSubstr("for ever"));
  EXPECT_THAT(county_.Try("update registry.blocks set resident = 'r-2'"), HasSubstr("for ever"));
  ASSERT_TRUE(Lift("b-1").ok());
  EXPECT_THAT(county_.Try("update registry.blocks set lifted_at = null"), HasSubstr("for ever"));
}

TEST_F(BlocksTest, APageAtATime) {
  for (const char* id : {"b-1", "b-2", "b-3"}) {
    ASSERT_TRUE(
        Set("id: '" + std::string(id) + "' resident: 'r-1' provider: 'provider of 1480' uses: DATA_USE_CARE").ok());
  }
  const auto first = List("care", "r-1", 2);
  ASSERT_EQ(first->blocks_size(), 2);
  const auto second = List("care", "r-1", 2, first->next_page_token());
  ASSERT_EQ(second->blocks_size(), 1);
  EXPECT_EQ(second->blocks(0).id(), "b-3");
  EXPECT_EQ(Reason(List("care", "r-2", 2, first->next_page_token())), "UNKNOWN_RESIDENT");
}

TEST_F(BlocksTest, AProviderHasAtMostTwentyOfAResident) {
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(
        Set("id: 'b-" + std::to_string(i) + "' resident: 'r-1' provider: 'provider of 1480' uses: DATA_USE_CARE").ok());
  }
  EXPECT_EQ(Reason(Set("id: 'more' resident: 'r-1' provider: 'provider of 1480' uses: DATA_USE_CARE")),
            "TOO_MANY_BLOCKS");
  ASSERT_TRUE(Lift("b-7").ok());
  EXPECT_TRUE(Set("id: 'more' resident: 'r-1' provider: 'provider of 1480' uses: DATA_USE_CARE").ok());
}

TEST_F(BlocksTest, TheWatchShowsWhatHoldsAndNoReason) {
  const auto set = Set(kBlock);
  ASSERT_TRUE(set.ok());
  ASSERT_TRUE(county_.CatchUp());
  PostgresOptions options;
  options.conninfo = county_.server().conninfo("nara_registry");
  options.schema = "registry";
  PostgresChanges changes(options);
  const auto state = changes.ReadAfter(0);
  ASSERT_TRUE(state.ok()) << state.status();
  ASSERT_EQ(state->privacy.size(), 1u);
  EXPECT_EQ(state->privacy[0].resident(), "r-1");
  ASSERT_EQ(state->privacy[0].blocks_size(), 1);
  EXPECT_FALSE(state->privacy[0].blocks(0).has_start_at()) << "it holds at once, whatever a machine's clock says";
  EXPECT_EQ(state->privacy[0].blocks(0).resident(), "");
  ASSERT_TRUE(Lift("b-1").ok());
  const auto after = changes.ReadAfter(state->revision);
  ASSERT_EQ(after->privacy.size(), 1u);
  EXPECT_EQ(after->privacy[0].blocks_size(), 0);
}

TEST_F(BlocksTest, TheWatchShowsClientsWithTheProvidersOfTheirUnits) {
  const AccessTable::Pointer care = county_.feeds().access.table().Find("care");
  ASSERT_NE(care, nullptr);
  EXPECT_THAT(care->providers(), ElementsAre("provider of 1480"));
}

TEST_F(BlocksTest, AnswersWhenALiveConsumerHasConfirmed) {
  const Caller broker = county_.As("ingest");
  v1::ConfirmAccessRequest confirm;
  confirm.set_consumer("p1");
  confirm.set_revision(Shown());
  ASSERT_TRUE(county_.privacy().ConfirmAccess(broker, confirm).ok());
  auto answer = std::async(std::launch::async, [&] { return Set(kBlock); });
  // What a consumer does: it confirms what the watch shows, for as long as it takes.
  while (answer.wait_for(5ms) != std::future_status::ready) {
    confirm.set_revision(Shown());
    county_.privacy().ConfirmAccess(broker, confirm).status().IgnoreError();
  }
  const auto set = answer.get();
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->in_force().confirmed(), 1u);
  EXPECT_EQ(set->in_force().lease_ended_size(), 0);
}

TEST_F(BlocksTest, NamesWhoHasLostItsLease) {
  v1::ConfirmAccessRequest confirm;
  confirm.set_consumer("p1");
  confirm.set_revision(Shown());
  ASSERT_TRUE(county_.privacy().ConfirmAccess(county_.As("ingest"), confirm).ok());
  const auto set = Set(kBlock);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->in_force().confirmed(), 0u);
  EXPECT_THAT(set->in_force().lease_ended(), ElementsAre("nara-ingest/p1"));
}

TEST_F(BlocksTest, OnlyServicesConfirm) {
  v1::ConfirmAccessRequest confirm;
  confirm.set_consumer("p1");
  confirm.set_revision(1);
  EXPECT_EQ(Reason(county_.privacy().ConfirmAccess(county_.As("care"), confirm)), "FORBIDDEN");
  confirm.set_consumer("p 1");
  EXPECT_EQ(Reason(county_.privacy().ConfirmAccess(county_.As("ingest"), confirm)), "INVALID_FIELD");
}

}  // namespace
}  // namespace nara::registry
