#include "gateway/http/seats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace nara::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Doing = Seats::Doing;

class SeatsTest : public ::testing::Test {
 protected:
  using Seat = std::unique_ptr<Seats::Seat>;

  // A connection by this name; the clock moves a second, so that each has its place in time.
  Seat Come(const std::string& name, const std::string& address, Doing doing) {
    Seat seat = seats_.Take(address);
    if (!seat) return seat;
    seat->OnClose([this, name] { closed_.push_back(name); });
    seat->Now(doing);
    clock_.Advance(absl::Seconds(1));
    return seat;
  }
  std::string Counted(const std::string& reason) const {
    const std::string text = registry_.Text();
    const std::string name = "nara_gateway_refused_total{reason=\"" + reason + "\"} ";
    return text.substr(text.find(name) + name.size(), 1);
  }

  metrics::Registry registry_;
  Metrics metrics_{registry_};
  ManualClock clock_;
  std::vector<std::string> closed_;
  Seats seats_{{.most = 3, .most_of_address = 2, .patience = absl::Seconds(5)}, metrics_, clock_};
};

TEST_F(SeatsTest, WhoWaitsLongestMakesRoom) {
  const Seat worker = Come("worker", "a", Doing::kWorking);
  const Seat first = Come("first", "b", Doing::kWaiting);
  const Seat second = Come("second", "c", Doing::kWaiting);
  EXPECT_NE(Come("new", "d", Doing::kWorking), nullptr);
  EXPECT_THAT(closed_, ElementsAre("first"));
  EXPECT_EQ(Counted("idle"), "1");
}

TEST_F(SeatsTest, WhoIsAtWorkStays) {
  const Seat a = Come("a", "a", Doing::kWorking);
  const Seat b = Come("b", "b", Doing::kWorking);
  const Seat c = Come("c", "c", Doing::kWorking);
  EXPECT_EQ(Come("new", "d", Doing::kWorking), nullptr);
  EXPECT_THAT(closed_, IsEmpty());
  EXPECT_EQ(Counted("full"), "1");
}

TEST_F(SeatsTest, ASlowReaderMakesRoomAfterAWhile) {
  const Seat a = Come("a", "a", Doing::kTaking);
  const Seat b = Come("b", "b", Doing::kTaking);
  const Seat c = Come("c", "c", Doing::kWorking);
  EXPECT_EQ(Come("new", "d", Doing::kWorking), nullptr) << "they have only begun";
  clock_.Advance(absl::Seconds(3));
  EXPECT_NE(Come("new", "d", Doing::kWorking), nullptr);
  EXPECT_THAT(closed_, ElementsAre("a"));
  EXPECT_EQ(Counted("slow_reader"), "1");
}

TEST_F(SeatsTest, WhoWaitsGoesBeforeASlowReader) {
  const Seat reader = Come("reader", "a", Doing::kTaking);
  clock_.Advance(absl::Hours(1));
  const Seat idle = Come("idle", "b", Doing::kWaiting);
  const Seat worker = Come("worker", "c", Doing::kWorking);
  EXPECT_NE(Come("new", "d", Doing::kWorking), nullptr);
  EXPECT_THAT(closed_, ElementsAre("idle"));
}

TEST_F(SeatsTest, OneAddressMakesRoomForItselfOnly) {
  const Seat other = Come("other", "b", Doing::kWaiting);
  const Seat working = Come("working", "a", Doing::kWorking);
  {
    const Seat again = Come("again", "a", Doing::kWorking);
    EXPECT_EQ(Come("third", "a", Doing::kWorking), nullptr);
    EXPECT_EQ(Counted("address_full"), "1");
    again->Now(Doing::kWaiting);
    EXPECT_NE(Come("fourth", "a", Doing::kWorking), nullptr);
  }
  EXPECT_THAT(closed_, ElementsAre("again"));
}

TEST_F(SeatsTest, WhoLeavesMakesRoom) {
  Seat a = Come("a", "a", Doing::kWorking);
  const Seat again = Come("again", "a", Doing::kWorking);
  a.reset();
  EXPECT_NE(Come("new", "a", Doing::kWorking), nullptr);
  EXPECT_THAT(closed_, IsEmpty());
  EXPECT_THAT(registry_.Text(), HasSubstr("nara_gateway_connections 1"));
}

TEST_F(SeatsTest, AtTheEndEverybodyIsClosedAndNobodyComes) {
  const Seat worker = Come("worker", "a", Doing::kWorking);
  const Seat late = seats_.Take("b");
  seats_.CloseAll();
  late->OnClose([this] { closed_.push_back("late"); });
  EXPECT_THAT(closed_, ElementsAre("worker", "late"));
  EXPECT_EQ(seats_.Take("c"), nullptr);
}

}  // namespace
}  // namespace nara::gateway
