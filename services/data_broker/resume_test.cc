// Subscribers that break at random points and resume, while everything around them
// comes and goes: history, Redis, routes.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "data_broker/testing/broker_rig.h"

namespace nara::broker {
namespace {

using nara::testing::WaitFor;
using testing::BrokerRig;
using testing::FakeAudience;
using testing::FakeHistory;
using testing::FakeLogs;

// What a subscriber has processed, and the cursor that it keeps with it.
struct Processed {
  std::vector<std::string> ids;
  std::string cursor;

  void Add(const std::vector<v1::SubscribeResponse>& responses, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      for (const auto& observation : responses[i].observations()) ids.push_back(observation.id());
      cursor = responses[i].cursor();
    }
  }
  std::vector<std::string> Of(const std::string& device) const {
    std::vector<std::string> own;
    for (const std::string& id : ids) {
      if (id.starts_with(device + "/")) own.push_back(id);
    }
    return own;
  }
};

bool HasRead(const Hub& hub, const Positions& positions) {
  const std::optional<Positions> head = hub.head();
  return head && Covers(*head, positions);
}

// Devices a-0, a-1, a-2 of unit-a and b-3 of unit-b, each on a log of its own.
class Storm {
 public:
  Storm(unsigned seed, FakeLogs& logs, FakeHistory& history) : random_(seed), logs_(logs), history_(history) {}

  std::size_t Roll(std::size_t sides) { return random_() % sides; }
  std::uint64_t said() const { return seq_; }
  const std::map<std::string, std::vector<std::string>>& sent() const { return sent_; }

  // Logs are trimmed behind history, also before the live feed has read them. Every
  // other time it has read all of it before the next thing happens.
  void Gust(const Hub& hub) {
    history_.Down(Roll(5) == 0);
    const bool down = Roll(8) == 0;
    logs_.Down(down);
    for (std::size_t n = Roll(30); n > 0; --n) Say();
    const LogId log = LogAt(Roll(4));
    logs_.Trim(log, history_.positions()[log]);
    if (!down && Roll(2) == 0) EXPECT_TRUE(WaitFor([&] { return HasRead(hub, ends_); }));
  }
  void Calm() {
    history_.Down(false);
    logs_.Down(false);
  }

 private:
  void Say() {
    const std::size_t log = Roll(4);
    const std::string device = (log == 3 ? "b-" : "a-") + std::to_string(log);
    ends_[LogAt(log)] = logs_.Append(LogAt(log), testing::Say{.device = device, .seq = ++seq_});
    if (log < 3) sent_[device].push_back(device + "/m/00000000000000aa/" + std::to_string(seq_));
  }

  std::mt19937 random_;
  FakeLogs& logs_;
  FakeHistory& history_;
  std::uint64_t seq_ = 0;
  Positions ends_;
  std::map<std::string, std::vector<std::string>> sent_;
};

// A subscriber that is slow at times, breaks at random points, loses what was on its
// way, and resumes from the last cursor that it has processed, gets each record of its
// unit exactly once and each device's in order; while logs are trimmed behind history,
// and history and Redis go away now and then.
TEST(Resuming, NoGapAndNoDuplicateBeyondTheCursor) {
  FakeAudience audience;
  for (const std::string device : {"a-0", "a-1", "a-2"}) audience.Answers(device, "unit-a");
  audience.Answers("b-3", "unit-b");
  audience.Allow("care-a", {"unit-a"});
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    FakeLogs logs;
    FakeHistory history;
    Storm storm(seed, logs, history);
    BrokerRig rig(
        audience, history, history, [&] { return logs.Shelf(); }, [&] { return logs.Source(); },
        {.queue = 1 + storm.Roll(8), .kept = 1 + storm.Roll(20)});
    rig.StartHistory();
    rig.StartFeed();
    Processed processed;
    while (storm.said() < 400) {
      const auto stream = rig.Subscribe("care-a", processed.cursor, processed.cursor.empty());
      ASSERT_FALSE(stream->closed()) << *stream->status();
      for (int gust = 0; gust < 3; ++gust) {
        stream->Stall(storm.Roll(3) == 0);
        storm.Gust(rig.hub());
      }
      const auto responses = stream->received();
      BrokerRig::Break(*stream);
      processed.Add(responses, storm.Roll(responses.size() + 1));
    }
    storm.Calm();
    const auto last = rig.Subscribe("care-a", processed.cursor, processed.cursor.empty());
    std::size_t all = 0;
    for (const auto& [device, ids] : storm.sent()) all += ids.size();
    WaitFor([&] { return processed.ids.size() + last->ids().size() >= all; });
    processed.Add(last->received(), last->received().size());
    for (const auto& [device, ids] : storm.sent()) ASSERT_EQ(processed.Of(device), ids) << device;
  }
}

// Devices of unit-a on three logs, whose routes change and reach us late.
class LateRoutes {
 public:
  LateRoutes(unsigned seed, FakeLogs& logs, FakeAudience& audience) : random_(seed), logs_(logs), audience_(audience) {}

  std::size_t Roll(std::size_t sides) { return random_() % sides; }
  std::uint64_t said() const { return seq_; }
  const std::map<std::string, std::vector<std::string>>& sent() const { return sent_; }

  // Every other time the live feed has read all of it before the next thing happens.
  void Gust(const Hub& hub) {
    for (std::size_t n = Roll(20); n > 0; --n) Say();
    if (Roll(3) == 0) Arrive();
    if (Roll(2) == 0) EXPECT_TRUE(WaitFor([&] { return HasRead(hub, ends_); }));
  }
  void Arrive() {
    for (const auto& [device, revision] : revisions_) audience_.Answers(device, "unit-a", revision);
  }

 private:
  void Say() {
    const std::size_t log = Roll(3);
    const std::string device = "a-" + std::to_string(log) + "-" + std::to_string(Roll(2));
    std::uint64_t& revision = revisions_[device];
    if (revision == 0 || Roll(8) == 0) ++revision;
    ends_[LogAt(log)] =
        logs_.Append(LogAt(log), testing::Say{.device = device, .seq = ++seq_, .route_revision = revision});
    sent_[device].push_back(device + "/m/00000000000000aa/" + std::to_string(seq_));
  }

  std::mt19937 random_;
  FakeLogs& logs_;
  FakeAudience& audience_;
  std::uint64_t seq_ = 0;
  Positions ends_;
  std::map<std::string, std::uint64_t> revisions_;
  std::map<std::string, std::vector<std::string>> sent_;
};

std::map<std::string, std::vector<std::string>> WithoutRepetitions(const std::vector<std::string>& ids) {
  std::map<std::string, std::vector<std::string>> by_device;
  std::set<std::string> known;
  for (const std::string& id : ids) {
    if (known.insert(id).second) by_device[id.substr(0, id.find('/'))].push_back(id);
  }
  return by_device;
}

// However late the routes are, a subscriber that breaks at random points and resumes
// gets each record of its unit, and each device's in order when what came twice is left
// out.
TEST(Resuming, NoGapWhenRoutesAreLate) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    FakeLogs logs;
    FakeHistory history;
    FakeAudience audience;
    audience.Allow("care-a", {"unit-a"});
    LateRoutes routes(seed, logs, audience);
    BrokerRig rig(
        audience, history, history, [&] { return logs.Shelf(); }, [&] { return logs.Source(); },
        {.queue = 4 + routes.Roll(60), .kept = 1 + routes.Roll(20)});
    rig.StartHistory();
    rig.StartFeed();
    Processed processed;
    while (routes.said() < 300) {
      const auto stream = rig.Subscribe("care-a", processed.cursor, processed.cursor.empty());
      for (int gust = 0; gust < 3; ++gust) routes.Gust(rig.hub());
      const auto responses = stream->received();
      BrokerRig::Break(*stream);
      processed.Add(responses, routes.Roll(responses.size() + 1));
    }
    routes.Arrive();
    const auto last = rig.Subscribe("care-a", processed.cursor, processed.cursor.empty());
    EXPECT_TRUE(WaitFor([&] {
      std::vector<std::string> all = processed.ids;
      for (const std::string& id : last->ids()) all.push_back(id);
      return WithoutRepetitions(all) == routes.sent();
    }));
  }
}

}  // namespace
}  // namespace nara::broker
