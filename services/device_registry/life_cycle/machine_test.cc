// What may happen to a device, and what never may.
#include "device_registry/life_cycle/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "common/rpc/error.h"

namespace nara::registry {
namespace {

using ::testing::HasSubstr;

v1::MoveDetails Delivered(v1::DeliveryPlace place) {
  v1::MoveDetails details;
  details.set_place(place);
  return details;
}

Facts Assigned() {
  return {.running = true, .assigned = true};
}

// The state after, or the reason why not.
std::string Try(v1::DeviceState from, v1::DeviceEvent event, const v1::MoveDetails& details = {},
                const Facts& facts = {}) {
  const auto to = Next("bp-0001", from, event, details, facts);
  return to.ok() ? Name(*to) : rpc::ReasonOf(to.status());
}

TEST(Machine, GoesTheWholeWayRound) {
  v1::MoveDetails training, store, cleared;
  training.set_training_on("2026-03-02");
  store = Delivered(v1::DELIVERY_PLACE_BUFFER_STORE);
  store.mutable_store()->set_owner("1480");
  store.mutable_store()->set_level(v1::STORE_LEVEL_PRINCIPAL);
  cleared.set_cleared(true);
  const Facts trained{.today = absl::CivilDay(2026, 3, 2), .training_on = absl::CivilDay(2026, 3, 2)};
  EXPECT_EQ(Try(v1::DEVICE_STATE_IN_STOCK, v1::DEVICE_EVENT_ORDER), "ordered");
  EXPECT_EQ(Try(v1::DEVICE_STATE_ORDERED, v1::DEVICE_EVENT_WAIT_FOR_TRAINING, training), "waiting_for_training");
  EXPECT_EQ(Try(v1::DEVICE_STATE_WAITING_FOR_TRAINING, v1::DEVICE_EVENT_DELIVER, store, trained), "delivered");
  EXPECT_EQ(Try(v1::DEVICE_STATE_DELIVERED, v1::DEVICE_EVENT_HAND_OUT, {}, Assigned()), "handed_out");
  EXPECT_EQ(Try(v1::DEVICE_STATE_HANDED_OUT, v1::DEVICE_EVENT_VERIFY, {}, Assigned()), "verified");
  EXPECT_EQ(Try(v1::DEVICE_STATE_VERIFIED, v1::DEVICE_EVENT_PUT_IN_USE, {}, Assigned()), "in_use");
  EXPECT_EQ(Try(v1::DEVICE_STATE_IN_USE, v1::DEVICE_EVENT_RETURN), "returned");
  EXPECT_EQ(Try(v1::DEVICE_STATE_RETURNED, v1::DEVICE_EVENT_RECONDITION), "reconditioning");
  EXPECT_EQ(Try(v1::DEVICE_STATE_RECONDITIONING, v1::DEVICE_EVENT_RESTOCK, cleared), "in_stock");
}

TEST(Machine, OnlyWhatIsVerifiedIsPutInUse) {
  for (int state = 1; state <= v1::DeviceState_MAX; ++state) {
    const auto from = static_cast<v1::DeviceState>(state);
    EXPECT_EQ(Try(from, v1::DEVICE_EVENT_PUT_IN_USE, {}, Assigned()),
              from == v1::DEVICE_STATE_VERIFIED ? "in_use" : "NOT_VERIFIED");
    EXPECT_EQ(Try(from, v1::DEVICE_EVENT_VERIFY, {}, Assigned()),
              from == v1::DEVICE_STATE_HANDED_OUT ? "verified" : "NOT_HANDED_OUT");
  }
}

TEST(Machine, BackInStockOnlyWhenNothingOfTheLastUserIsLeft) {
  v1::MoveDetails cleared;
  cleared.set_cleared(true);
  const auto from = v1::DEVICE_STATE_RECONDITIONING;
  const auto restock = v1::DEVICE_EVENT_RESTOCK;
  EXPECT_EQ(Try(from, restock), "INVALID_FIELD") << "nobody says that it is cleared";
  EXPECT_EQ(Try(from, restock, cleared, {.running = true, .assigned = true}), "STILL_ASSIGNED");
  EXPECT_EQ(Try(from, restock, cleared, {.assigned = true}), "STILL_ASSIGNED") << "planned";
  EXPECT_EQ(Try(from, restock, cleared, {.paired = true}), "STILL_PAIRED");
  for (const auto other : {v1::DEVICE_STATE_RETURNED, v1::DEVICE_STATE_IN_USE, v1::DEVICE_STATE_LOST}) {
    EXPECT_EQ(Try(other, restock, cleared), "MOVE_NOT_POSSIBLE");
  }
}

TEST(Machine, ATrainingIsWaitedFor) {
  const Facts before{.today = absl::CivilDay(2026, 3, 1), .training_on = absl::CivilDay(2026, 3, 2)};
  EXPECT_EQ(
      Try(v1::DEVICE_STATE_WAITING_FOR_TRAINING, v1::DEVICE_EVENT_DELIVER, Delivered(v1::DELIVERY_PLACE_HOME), before),
      "NOT_TRAINED");
  v1::MoveDetails details;
  for (const std::string day : {"", "2026-02-30", "20260302", "2026-3-2", "tomorrow", "1999-12-31", " 2026-03-1"}) {
    details.set_training_on(day);
    EXPECT_EQ(Try(v1::DEVICE_STATE_ORDERED, v1::DEVICE_EVENT_WAIT_FOR_TRAINING, details), "INVALID_FIELD") << day;
  }
}

TEST(Machine, ADeliverySaysWhereTo) {
  const auto deliver = [](const v1::MoveDetails& details) {
    return Try(v1::DEVICE_STATE_ORDERED, v1::DEVICE_EVENT_DELIVER, details);
  };
  EXPECT_EQ(deliver({}), "INVALID_FIELD");
  EXPECT_EQ(deliver(Delivered(v1::DELIVERY_PLACE_PICK_UP_POINT)), "delivered");
  v1::MoveDetails store = Delivered(v1::DELIVERY_PLACE_BUFFER_STORE);
  EXPECT_EQ(deliver(store), "INVALID_FIELD") << "which?";
  store.mutable_store()->set_owner("1480");
  EXPECT_EQ(deliver(store), "INVALID_FIELD") << "for whom?";
  store.mutable_store()->set_level(v1::STORE_LEVEL_UNIT);
  EXPECT_EQ(deliver(store), "INVALID_FIELD") << "which unit?";
  store.mutable_store()->set_unit("care-1480-1");
  EXPECT_EQ(deliver(store), "delivered");
  store.set_place(v1::DELIVERY_PLACE_HOME);
  EXPECT_EQ(deliver(store), "INVALID_FIELD") << "a home is no store";
}

TEST(Machine, AMoveBringsNothingOfAnotherEvent) {
  v1::MoveDetails details;
  details.set_cleared(true);
  const auto to = Next("bp-0001", v1::DEVICE_STATE_IN_STOCK, v1::DEVICE_EVENT_ORDER, details, {});
  EXPECT_THAT(std::string(to.status().message()), HasSubstr("details.cleared"));
  details.Clear();
  EXPECT_EQ(Try(v1::DEVICE_STATE_IN_USE, v1::DEVICE_EVENT_REPLACE, details), "INVALID_FIELD");
  details.set_replaced_by("bp-0002");
  EXPECT_EQ(Try(v1::DEVICE_STATE_IN_USE, v1::DEVICE_EVENT_REPLACE, details), "replaced");
}

TEST(Machine, SaysWhatIsPossible) {
  const auto status = Next("bp-0001", v1::DEVICE_STATE_RETURNED, v1::DEVICE_EVENT_ORDER, {}, {}).status();
  EXPECT_EQ(status.message(), "the device is returned; possible is recondition, lose, scrap");
  const auto gone = Next("bp-0001", v1::DEVICE_STATE_SCRAPPED, v1::DEVICE_EVENT_ORDER, {}, {}).status();
  EXPECT_THAT(std::string(gone.message()), HasSubstr("nothing more"));
}

TEST(Machine, EveryMoveIsThereOnceAndNoStateIsATrapButTheLast) {
  std::set<std::pair<int, int>> moves;
  std::set<int> left;
  for (const Transition& row : Transitions()) {
    EXPECT_TRUE(moves.emplace(row.from, row.event).second) << Name(row.from) << " " << Name(row.event);
    left.insert(row.from);
  }
  for (int state = 1; state <= v1::DeviceState_MAX; ++state) {
    EXPECT_EQ(left.contains(state), state != v1::DEVICE_STATE_SCRAPPED) << Name(static_cast<v1::DeviceState>(state));
  }
}

std::string NeedsOf(const Transition& row) {
  std::vector<std::string> needs;
  if ((row.guard & kRunning) != 0) needs.emplace_back("a running assignment");
  if ((row.guard & kUnassigned) != 0) needs.emplace_back("no assignment");
  if ((row.guard & kUnpaired) != 0) needs.emplace_back("no live certificate");
  if ((row.guard & kTrained) != 0) needs.emplace_back("the training's day");
  const char* const details[] = {"", "`training_on`", "`place`", "`cleared`", "`replaced_by`", "its test"};
  if (row.need != Need::kNothing) needs.emplace_back(details[static_cast<int>(row.need)]);
  std::string text;
  for (const std::string& need : needs) text += (text.empty() ? "" : ", ") + need;
  return text.empty() ? "–" : text;
}

TEST(Machine, IsTheTableOfTheDocumentation) {
  std::vector<std::string> rows;
  for (const Transition& row : Transitions()) {
    rows.push_back("| `" + Name(row.from) + "` | `" + Name(row.event) + "` | `" + Name(row.to) + "` | " + NeedsOf(row) +
                   " |");
  }
  std::ifstream file(NARA_DEVICE_LIFE_DOC);
  std::vector<std::string> written;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| `") && std::count(line.begin(), line.end(), '|') == 5) written.push_back(line);
  }
  EXPECT_THAT(written, ::testing::ElementsAreArray(rows));
}

}  // namespace
}  // namespace nara::registry
