// Where a device is on its way, on a real PostgreSQL: moves, commissioning, and what
// the schema itself refuses.
#include "device_registry/life_cycle/life_cycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

using testing::At;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename T>
std::string Reason(const absl::StatusOr<T>& result) {
  return result.ok() ? "" : rpc::ReasonOf(result.status());
}

class LifeCycleTest : public ::testing::Test {
 protected:
  LifeCycleTest() { county_.Fill(); }

  v1::Device Device(const std::string& id) {
    v1::GetDeviceRequest request;
    request.set_device(id);
    return county_.registry().GetDevice(county_.As("admin"), request)->device();
  }

  v1::MoveDeviceRequest Moving(const std::string& device, v1::DeviceEvent event, std::int64_t at = 0) {
    v1::MoveDeviceRequest request;
    request.set_device(device);
    request.set_revision(Device(device).revision());
    request.set_event(event);
    request.set_reason("because");
    if (at != 0) *request.mutable_at() = At(at);
    if (event == v1::DEVICE_EVENT_DELIVER) request.mutable_details()->set_place(v1::DELIVERY_PLACE_HOME);
    if (event == v1::DEVICE_EVENT_RESTOCK) request.mutable_details()->set_cleared(true);
    return request;
  }

  std::string Move(const std::string& device, v1::DeviceEvent event, const std::string& who = "admin") {
    return Reason(life_.MoveDevice(county_.As(who), Moving(device, event)));
  }

  v1::ConfirmTestRequest Testing(const std::string& device, const std::string& assignment, std::uint64_t epoch = 7) {
    v1::ConfirmTestRequest request;
    request.set_device(device);
    request.set_assignment(assignment);
    request.mutable_test()->set_epoch(epoch);
    request.mutable_test()->set_seq(1);
    *request.mutable_test()->mutable_at() = ToProto(absl::Now());
    return request;
  }

  std::string Confirm(const v1::ConfirmTestRequest& request, const std::string& who = "ingest") {
    return Reason(life_.ConfirmTest(county_.As(who), request));
  }

  std::vector<std::string> History(const std::string& device) {
    v1::ListDeviceHistoryRequest request;
    request.set_device(device);
    std::vector<std::string> events;
    const auto history = life_.ListDeviceHistory(county_.As("admin"), request);
    for (const v1::DeviceMove& move : history->moves()) {
      events.push_back(Name(move.event()) + " " + Name(move.to()) + ": " + move.reason() + ", " + move.actor());
    }
    return events;
  }

  // As if its start had come a minute ago.
  void Begin(const std::string& assignment) {
    EXPECT_EQ(county_.Try(
                  "update registry.assignments set period = tstzrange(now() - interval '1 minute', null) where id = '" +
                  assignment +
                  "'; update registry.responsibilities set since = now() - interval '1 minute' "
                  "where assignment = '" +
                  assignment + "'"),
              "");
  }

  int HandOutBegun() {
    return county_.moves().HandOutBegun({.id = "nara-device-registry", .via = {}, .reason = {}}).value_or(-1);
  }

  testing::County county_;
  LifeCycle& life_ = county_.life_cycle();
};

TEST_F(LifeCycleTest, ADeviceIsRegisteredInStockAndHandedOutWhenItIsAssigned) {
  EXPECT_EQ(Device("disp-0001").state(), v1::DEVICE_STATE_IN_STOCK);
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", 1000).ok());
  EXPECT_EQ(Device("disp-0001").state(), v1::DEVICE_STATE_HANDED_OUT);
  EXPECT_THAT(History("disp-0001"),
              ElementsAre("register in_stock: registered, test", "hand_out handed_out: assigned, nara-admin"));
  ASSERT_TRUE(county_.CatchUp());
  EXPECT_EQ(county_.feeds().routes.table().Find("disp-0001")->state(), v1::DEVICE_STATE_HANDED_OUT);
}

TEST_F(LifeCycleTest, WhatIsAssignedForLaterIsHandedOutWhenItIs) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", 4'000'000'000).ok());
  EXPECT_EQ(Device("disp-0001").state(), v1::DEVICE_STATE_IN_STOCK);
  EXPECT_EQ(Move("disp-0001", v1::DEVICE_EVENT_HAND_OUT), "NOT_ASSIGNED");
  EXPECT_EQ(Move("disp-0001", v1::DEVICE_EVENT_SCRAP), "STILL_ASSIGNED");
}

TEST_F(LifeCycleTest, AndSoItIsWhenItsStartHasCome) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", 4'000'000'000).ok());
  EXPECT_EQ(HandOutBegun(), 0);
  Begin("a-1");
  EXPECT_EQ(HandOutBegun(), 1);
  EXPECT_THAT(History("disp-0001"), ElementsAre("register in_stock: registered, test",
                                                "hand_out handed_out: assigned, nara-device-registry"));
  EXPECT_EQ(county_.Ask("select bool_and(m.at = a.start_at) from registry.device_moves m "
                        "join registry.assignments a using (device) where m.event = 6"),
            "t")
      << "when it was, not when it was looked at";
  ASSERT_TRUE(county_.CatchUp());
  EXPECT_EQ(county_.feeds().routes.table().Find("disp-0001")->state(), v1::DEVICE_STATE_HANDED_OUT);
  EXPECT_EQ(Confirm(Testing("disp-0001", "a-1")), "");
  EXPECT_EQ(HandOutBegun(), 0) << "once";
  EXPECT_EQ(Device("disp-0001").state(), v1::DEVICE_STATE_VERIFIED);
}

TEST_F(LifeCycleTest, WhatCannotBeHandedOutAtItsStartIsAsSoonAsItCan) {
  ASSERT_EQ(Move("disp-0001", v1::DEVICE_EVENT_ORDER), "");
  v1::MoveDeviceRequest training = Moving("disp-0001", v1::DEVICE_EVENT_WAIT_FOR_TRAINING);
  training.mutable_details()->set_training_on("2026-01-02");
  ASSERT_EQ(Reason(life_.MoveDevice(county_.As("admin"), training)), "");
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", 4'000'000'000).ok());
  Begin("a-1");
  EXPECT_EQ(HandOutBegun(), 0);
  ASSERT_EQ(Move("disp-0001", v1::DEVICE_EVENT_DELIVER), "");
  EXPECT_EQ(HandOutBegun(), 1);
  EXPECT_EQ(Device("disp-0001").state(), v1::DEVICE_STATE_HANDED_OUT);
}

TEST_F(LifeCycleTest, WhatSomebodyHandedOutOrTookBackIsNotHandedOutAgain) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", 4'000'000'000).ok());
  ASSERT_TRUE(county_.Assign("a-2", "bp-0001", "r-2", 4'000'000'000).ok());
  Begin("a-1");
  Begin("a-2");
  ASSERT_EQ(Move("disp-0001", v1::DEVICE_EVENT_HAND_OUT), "");
  ASSERT_EQ(county_.Try("update registry.assignments set period = tstzrange(start_at, now()) where id = 'a-2'"), "");
  EXPECT_EQ(HandOutBegun(), 0);
  EXPECT_EQ(Device("bp-0001").state(), v1::DEVICE_STATE_IN_STOCK);
  EXPECT_EQ(county_.Ask("select count(*) from registry.planned_hand_outs"), "0");
}

TEST_F(LifeCycleTest, SeveralRegistriesHandItOutOnce) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1", 4'000'000'000).ok());
  Begin("a-1");
  std::vector<std::jthread> registries;
  for (int i = 0; i < 4; ++i) registries.emplace_back([&] { HandOutBegun(); });
  registries.clear();
  EXPECT_EQ(county_.Ask("select count(*) from registry.device_moves where event = 6"), "1");
}

TEST_F(LifeCycleTest, OnlyAVerifiedDeviceIsPutInUse) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1").ok());
  EXPECT_EQ(Move("disp-0001", v1::DEVICE_EVENT_PUT_IN_USE), "NOT_VERIFIED");
  const auto confirmed = life_.ConfirmTest(county_.As("ingest"), Testing("disp-0001", "a-1"));
  ASSERT_TRUE(confirmed.ok()) << confirmed.status();
  EXPECT_EQ(confirmed->device().state(), v1::DEVICE_STATE_VERIFIED);
  EXPECT_EQ(confirmed->device().assignment().test().epoch(), 7u);
  EXPECT_EQ(Move("disp-0001", v1::DEVICE_EVENT_PUT_IN_USE), "");
  ASSERT_TRUE(county_.CatchUp());
  const v1::Route route = *county_.feeds().routes.table().Find("disp-0001");
  EXPECT_EQ(route.state(), v1::DEVICE_STATE_IN_USE);
  EXPECT_EQ(route.assignments(0).test().epoch(), 7u);
}

TEST_F(LifeCycleTest, ATestIsConfirmedOnce) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1").ok());
  const auto test = Testing("disp-0001", "a-1", 0xfedc'ba98'7654'3210U);
  ASSERT_EQ(Confirm(test), "");
  const std::string revision = county_.Ask("select value from registry.revision");
  ASSERT_EQ(Confirm(test), "");
  EXPECT_EQ(county_.Ask("select value from registry.revision"), revision);
  EXPECT_EQ(Device("disp-0001").assignment().test().epoch(), 0xfedc'ba98'7654'3210U);
  EXPECT_EQ(Confirm(Testing("disp-0001", "a-1", 8)), "NOT_HANDED_OUT") << "the first stands";
}

TEST_F(LifeCycleTest, ThatAnAssignmentWasNotTestedYetCanBeAsked) {
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1").ok());
  v1::GetAssignmentRequest before;
  before.set_assignment("a-1");
  before.mutable_belief()->set_revision(Device("disp-0001").revision());
  ASSERT_EQ(Confirm(Testing("disp-0001", "a-1")), "");
  v1::GetAssignmentRequest now;
  now.set_assignment("a-1");
  EXPECT_FALSE(county_.assignments().GetAssignment(county_.As("admin"), before)->assignment().has_test());
  EXPECT_TRUE(county_.assignments().GetAssignment(county_.As("admin"), now)->assignment().has_test());
}

TEST_F(LifeCycleTest, ATestIsOfItsAssignmentAndNoOther) {
  EXPECT_EQ(Confirm(Testing("disp-0001", "a-1")), "UNKNOWN_ASSIGNMENT");
  ASSERT_TRUE(county_.Assign("a-1", "disp-0001", "r-1").ok());
  ASSERT_TRUE(county_.Assign("a-b", "bp-0001", "r-1").ok());
  EXPECT_EQ(Confirm(Testing("disp-0001", "a-b")), "UNKNOWN_ASSIGNMENT") << "another device's";
  EXPECT_EQ(Confirm(Testing("no-device", "a-1")), "UNKNOWN_DEVICE");
  EXPECT_EQ(Confirm(Testing("disp-0001", "a-1", 0)), "INVALID_FIELD");
  auto early = Testing("disp-0001", "a-1");
  *early.mutable_test()->mutable_at() = At(1000);
  EXPECT_EQ(Confirm(early), "TEST_OUTSIDE");
  *early.mutable_test()->mutable_at() = ToProto(absl::Now() + absl::Hours(1));
  EXPECT_EQ(Confirm(early), "TEST_OUTSIDE");
  ASSERT_EQ(Confirm(Testing("disp-0001", "a-1")), "");
  ASSERT_TRUE(county_.Assign("a-2", "disp-0001", "r-2", 0, true).ok());
  EXPECT_EQ(Device("disp-0001").state(), v1::DEVICE_STATE_HANDED_OUT) << "somebody else needs a test of their own";
  EXPECT_EQ(Confirm(Testing("disp-0001", "a-1", 9)), "ASSIGNMENT_NOT_RUNNING");
  EXPECT_EQ(Confirm(Testing("disp-0001", "a-2", 7)), "EPOCH_OF_OTHER_ASSIGNMENT");
  EXPECT_EQ(Confirm(Testing("disp-0001", "a-2", 8)), "");
}

TEST_F(LifeCycleTest, AServiceOrWhoInstallsConfirmsATest) {
  ASSERT_TRUE(county_.Assign("a-1", "bp-0001", "r-1").ok());
  const auto test = Testing("bp-0001", "a-1");
  EXPECT_EQ(Confirm(test, "care"), "FORBIDDEN");
  EXPECT_EQ(Confirm(test, "watch"), "FORBIDDEN");
  EXPECT_EQ(Confirm(test, "chef-1490"), "UNKNOWN_DEVICE");
  EXPECT_EQ(Confirm(test, "hmc"), "");
}

TEST_F(LifeCycleTest, BackInStockOnlyWhenNothingOfTheLastUserIsLeft) {
  v1::ProvisionDevicesRequest provision;
  provision.add_requests()->set_device("bp-0001");
  provision.mutable_requests(0)->set_csr_pem("csr");
  ASSERT_TRUE(county_.registry().ProvisionDevices(county_.As("hmc"), provision).ok());
  ASSERT_TRUE(county_.Assign("a-1", "bp-0001", "r-1", 1000).ok());
  ASSERT_EQ(Move("bp-0001", v1::DEVICE_EVENT_RETURN, "chef-1480"), "");
  ASSERT_EQ(Move("bp-0001", v1::DEVICE_EVENT_RECONDITION, "hmc"), "");
  EXPECT_EQ(Reason(county_.Assign("a-2", "bp-0001", "r-2", 0, true)), "MOVE_NOT_POSSIBLE");
  EXPECT_EQ(Move("bp-0001", v1::DEVICE_EVENT_RESTOCK, "hmc"), "STILL_ASSIGNED");
  v1::EndAssignmentRequest end;
  end.set_assignment("a-1");
  ASSERT_TRUE(county_.assignments().EndAssignment(county_.As("admin"), end).ok());
  EXPECT_EQ(Move("bp-0001", v1::DEVICE_EVENT_RESTOCK, "hmc"), "STILL_PAIRED");
  v1::RevokeDeviceRequest revoke;
  revoke.set_device("bp-0001");
  revoke.set_reason(v1::REVOCATION_REASON_RETIRED);
  const auto locked_out = county_.identity().RevokeDevice(county_.As("hmc"), revoke);
  ASSERT_TRUE(locked_out.ok()) << locked_out.status();
  EXPECT_EQ(Move("bp-0001", v1::DEVICE_EVENT_RESTOCK, "hmc"), "STILL_PAIRED") << "it could be let in again with it";
  revoke.set_serial(county_.Ask("select serial from registry.certificates where device = 'bp-0001'"));
  const auto revoked = county_.identity().RevokeDevice(county_.As("hmc"), revoke);
  ASSERT_TRUE(revoked.ok()) << revoked.status();
  auto silent = Moving("bp-0001", v1::DEVICE_EVENT_RESTOCK);
  silent.clear_details();
  EXPECT_EQ(Reason(life_.MoveDevice(county_.As("hmc"), silent)), "INVALID_FIELD");
  EXPECT_EQ(Move("bp-0001", v1::DEVICE_EVENT_RESTOCK, "hmc"), "");
  v1::LiftRevocationRequest lift;
  lift.set_device("bp-0001");
  lift.set_serial(revoke.serial());
  lift.set_revision(revoked->revocation().revision());
  EXPECT_EQ(Reason(county_.identity().LiftRevocation(county_.As("hmc"), lift)), "CERTIFICATE_OF_BEFORE");
  EXPECT_NE(
      county_.Try("update registry.revocations set lifted_at = now(), lifted_revision = 99 where serial is not null"),
      "");
  EXPECT_TRUE(county_.Assign("a-2", "bp-0001", "r-2").ok());
  provision.mutable_requests(0)->set_csr_pem("another csr");
  EXPECT_EQ(Reason(county_.registry().ProvisionDevices(county_.As("hmc"), provision)), "DEVICE_REVOKED");
  const std::string before = std::exchange(*lift.mutable_serial(), "");
  lift.set_revision(locked_out->revocation().revision());
  ASSERT_EQ(Reason(county_.identity().LiftRevocation(county_.As("hmc"), lift)), "");
  ASSERT_TRUE(county_.registry().ProvisionDevices(county_.As("hmc"), provision).ok());
  revoke.set_serial(county_.Ask("select max(serial) from registry.certificates where device = 'bp-0001'"));
  EXPECT_NE(revoke.serial(), before);
  lift.set_serial(revoke.serial());
  lift.set_revision(county_.identity().RevokeDevice(county_.As("hmc"), revoke)->revocation().revision());
  EXPECT_EQ(Reason(county_.identity().LiftRevocation(county_.As("hmc"), lift)), "") << "its new user's";
}

TEST_F(LifeCycleTest, AMoveNamesTheVersionThatItStartedFrom) {
  const auto first = Moving("bp-0001", v1::DEVICE_EVENT_ORDER);
  const auto second = Moving("bp-0001", v1::DEVICE_EVENT_SCRAP);
  const auto moved = life_.MoveDevice(county_.As("hmc"), first);
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ(moved->device().state(), v1::DEVICE_STATE_ORDERED);
  EXPECT_EQ(moved->device().revision(), moved->move().revision());
  const auto stale = life_.MoveDevice(county_.As("hmc"), second);
  EXPECT_TRUE(absl::IsAborted(stale.status()));
  EXPECT_EQ(Reason(stale), "STALE_VERSION");
}

TEST_F(LifeCycleTest, ARetryIsNoSecondMove) {
  auto request = Moving("bp-0001", v1::DEVICE_EVENT_ORDER);
  request.set_move("move-1");
  const auto first = life_.MoveDevice(county_.As("hmc"), request);
  const auto again = life_.MoveDevice(county_.As("hmc"), request);
  ASSERT_TRUE(first.ok() && again.ok()) << again.status();
  EXPECT_EQ(first->move().SerializeAsString(), again->move().SerializeAsString());
  request.set_reason("another reason");
  EXPECT_EQ(Reason(life_.MoveDevice(county_.As("hmc"), request)), "MOVE_DIFFERS");
  EXPECT_EQ(county_.Ask("select count(*) from registry.device_moves where device = 'bp-0001'"), "2");
}

TEST_F(LifeCycleTest, OfTwoMovesAtOnceOneWins) {
  const auto request = Moving("bp-0001", v1::DEVICE_EVENT_ORDER);
  std::vector<std::string> reasons(4);
  {
    std::vector<std::jthread> callers;
    for (std::string& reason : reasons) {
      callers.emplace_back([&] { reason = Reason(life_.MoveDevice(county_.As("hmc"), request)); });
    }
  }
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), ""), 1);
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), "STALE_VERSION"), 3);
}

TEST_F(LifeCycleTest, ALeadTimeIsCountedInWorkingDays) {
  const std::int64_t thursday = 1'775'109'600;  // 2 April 2026 06:00 UTC, before Easter
  const std::int64_t day = 86'400;
  ASSERT_EQ(Reason(life_.MoveDevice(county_.As("hmc"), Moving("bp-0001", v1::DEVICE_EVENT_ORDER, thursday))), "");
  auto deliver = Moving("bp-0001", v1::DEVICE_EVENT_DELIVER, thursday + 6 * day);
  deliver.mutable_details()->set_order("O-17");
  const auto delivered = life_.MoveDevice(county_.As("hmc"), deliver);
  ASSERT_TRUE(delivered.ok()) << delivered.status();
  EXPECT_EQ(delivered->move().lead_working_days(), 2u) << "the Tuesday and the Wednesday";
  EXPECT_EQ(delivered->move().details().order(), "O-17");
}

TEST_F(LifeCycleTest, TimeOnlyGoesForward) {
  ASSERT_EQ(Reason(life_.MoveDevice(county_.As("hmc"), Moving("bp-0001", v1::DEVICE_EVENT_ORDER, 1'700'000'000))), "");
  EXPECT_EQ(Reason(life_.MoveDevice(county_.As("hmc"), Moving("bp-0001", v1::DEVICE_EVENT_DELIVER, 1'699'999'999))),
            "MOVE_BEFORE_LAST");
  EXPECT_EQ(Reason(life_.MoveDevice(county_.As("hmc"), Moving("bp-0001", v1::DEVICE_EVENT_DELIVER, 4'000'000'000))),
            "INVALID_FIELD");
}

TEST_F(LifeCycleTest, RefusesMovesOfHostileForm) {
  const auto reason = [&](const std::function<void(v1::MoveDeviceRequest&)>& spoil) {
    auto request = Moving("bp-0001", v1::DEVICE_EVENT_ORDER);
    spoil(request);
    return Reason(life_.MoveDevice(county_.As("hmc"), request));
  };
  EXPECT_EQ(reason([](auto& request) { request.set_reason(""); }), "INVALID_FIELD");
  EXPECT_EQ(reason([](auto& request) { request.set_reason("a\nb"); }), "INVALID_FIELD");
  EXPECT_EQ(reason([](auto& request) { request.set_move("a b"); }), "INVALID_FIELD");
  EXPECT_EQ(reason([](auto& request) { request.set_event(v1::DEVICE_EVENT_REGISTER); }), "INVALID_FIELD");
  EXPECT_EQ(reason([](auto& request) { request.set_event(v1::DEVICE_EVENT_VERIFY); }), "INVALID_FIELD");
  EXPECT_EQ(reason([](auto& request) { request.set_event(static_cast<v1::DeviceEvent>(99)); }), "INVALID_FIELD");
  EXPECT_EQ(reason([](auto& request) { request.mutable_details()->mutable_store()->set_owner("9999"); }),
            "INVALID_FIELD");
  EXPECT_EQ(reason([](auto& request) { request.set_device("no-device"); }), "UNKNOWN_DEVICE");
  EXPECT_EQ(reason([](auto& request) { request.set_revision(0); }), "STALE_VERSION");
  EXPECT_EQ(History("bp-0001").size(), 1u) << "nothing half written";
}

TEST_F(LifeCycleTest, IsMovedByItsOwnerAndByWhoeverAnswers) {
  EXPECT_EQ(Move("bp-0001", v1::DEVICE_EVENT_ORDER, "chef-1480"), "UNKNOWN_DEVICE");
  EXPECT_EQ(Move("bp-0001", v1::DEVICE_EVENT_ORDER, "watch"), "FORBIDDEN");
  EXPECT_EQ(Move("bp-0001", v1::DEVICE_EVENT_ORDER, "hmc"), "");
  ASSERT_TRUE(county_.Assign("a-1", "bp-0001", "r-1").ok());
  EXPECT_EQ(Move("bp-0001", v1::DEVICE_EVENT_RETURN, "chef-1490"), "UNKNOWN_DEVICE");
  EXPECT_EQ(Move("bp-0001", v1::DEVICE_EVENT_RETURN, "chef-1480"), "");
}

TEST_F(LifeCycleTest, AReplacementIsADeviceThatTheCallerMaySee) {
  ASSERT_TRUE(county_.Assign("a-1", "bp-0001", "r-1").ok());
  auto replace = Moving("bp-0001", v1::DEVICE_EVENT_REPLACE);
  replace.mutable_details()->set_replaced_by("bp-0001");
  EXPECT_EQ(Reason(life_.MoveDevice(county_.As("hmc"), replace)), "INVALID_FIELD") << "not by itself";
  replace.mutable_details()->set_replaced_by("disp-0001");
  EXPECT_EQ(Reason(life_.MoveDevice(county_.As("hmc"), replace)), "UNKNOWN_DEVICE") << "not its own";
  EXPECT_EQ(Reason(life_.MoveDevice(county_.As("chef-1480"), replace)), "");
}

TEST_F(LifeCycleTest, PagesThroughAHistory) {
  ASSERT_EQ(Move("bp-0001", v1::DEVICE_EVENT_ORDER), "");
  ASSERT_EQ(Move("bp-0001", v1::DEVICE_EVENT_CANCEL), "");
  v1::ListDeviceHistoryRequest request;
  request.set_device("bp-0001");
  request.set_page_size(1);
  std::vector<std::uint32_t> ordinals;
  do {
    const auto page = life_.ListDeviceHistory(county_.As("hmc"), request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::DeviceMove& move : page->moves()) ordinals.push_back(move.ordinal());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(ordinals, ElementsAre(1, 2, 3));
  EXPECT_EQ(Reason(life_.ListDeviceHistory(county_.As("chef-1490"), request)), "UNKNOWN_DEVICE");
}

TEST_F(LifeCycleTest, TheSchemaItselfRefusesAFalseHistory) {
  EXPECT_THAT(county_.Try("update registry.device_moves set reason = 'another'"), HasSubstr("never changed"));
  EXPECT_THAT(county_.Try("delete from registry.device_moves"), HasSubstr("never changed"));
  EXPECT_THAT(county_.Try("update registry.devices set state = 7"), HasSubstr("devices_where_moved"));
  const auto insert = [&](const std::string& values) {
    return county_.Try(
        "insert into registry.device_moves (device, ordinal, event, from_state, to_state, reason, at, "
        "actor, revision) values ('bp-0001', " +
        values + ", 'x', now(), 'x', 1)");
  };
  EXPECT_THAT(insert("2, 8, 5, 7"), HasSubstr("device_moves_verified"));
  EXPECT_THAT(insert("2, 7, 2, 6"), HasSubstr("device_moves_tested"));
  EXPECT_THAT(insert("2, 11, 9, 1"), HasSubstr("device_moves_cleared"));
  EXPECT_THAT(insert("2, 9, 7, 8"), HasSubstr("device_moves_follow")) << "it was in stock";
  EXPECT_THAT(insert("3, 2, 1, 2"), HasSubstr("device_moves_follow")) << "no second move";
}

TEST_F(LifeCycleTest, EachMoveIsInTheAudit) {
  ASSERT_EQ(Move("bp-0001", v1::DEVICE_EVENT_ORDER, "hmc"), "");
  ASSERT_TRUE(county_.Assign("a-1", "bp-0001", "r-1").ok());
  ASSERT_EQ(Confirm(Testing("bp-0001", "a-1")), "");
  EXPECT_EQ(county_.Ask("select string_agg(actor || ' ' || action, ', ' order by revision) from registry.changes "
                        "where id in ('bp-0001', 'a-1')"),
            "test register, hmc move, nara-admin assign, nara-ingest confirm_test");
}

}  // namespace
}  // namespace nara::registry
