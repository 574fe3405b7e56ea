// Random histories of assignments, transfers, hand-overs, corrections, returns and
// re-use: several writers at once through the real rules on a real PostgreSQL, watched
// meanwhile, and compared with a naive model that does the same one after the other.
//
// NARA_HISTORIES=N sets their number, NARA_SEED=N the first seed; a failure prints the
// seed. Which writer comes first is the machine's choice: the model follows the
// revisions, so a seed gives the same wishes, not always the same order.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "absl/time/time.h"
#include "common/routes/timeline.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/responsibility/testing/naive_model.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

using testing::At;
using testing::Holder;
using testing::HolderAt;
using testing::Life;
using testing::LifeOf;
using testing::State;

constexpr int kWriters = 4;
constexpr int kWishes = 25;  // of each writer
constexpr std::int64_t kFirst = 1'700'000'000;
constexpr int kSpan = 100'000;  // seconds in which everything lies
const std::vector<std::string> kDevices = {"h-0", "h-1", "h-2", "h-3", "h-4"};
const std::vector<std::string> kUnits = {"care-1480-1", "care-1480-2", "care-1490-1", "alarm-1480"};
const std::vector<std::string> kResidents = {"r-1", "r-2", "r-9"};

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

// One wish, and what the model does with it once it was granted.
struct Wish {
  std::string tag;
  std::function<void(State&)> effect;
};

class History {
 public:
  explicit History(std::uint64_t seed) : seed_(seed) {
    county_.Fill();
    for (const std::string& device : kDevices) Register(device);
    county_.feeds().routes.Open(watcher_, 0);
  }

  void Run() {
    {
      std::vector<std::jthread> writers;
      for (int i = 0; i < kWriters; ++i) writers.emplace_back([this, i] { Write(i); });
    }
    ASSERT_TRUE(county_.CatchUp());
    Replay();
    if (::testing::Test::HasFailure()) return;
    CompareWatch();
    CompareBeliefs();
    FollowCorrections();
    CompareRoutes();
    CompareReach();
    std::cout << "history " << seed_ << ": " << believed_.size() << " wishes granted, " << refused_.size()
              << " refused, " << county_.Ask("select count(*) from registry.corrections") << " corrections"
              << std::endl;
  }

 private:
  using Random = std::mt19937_64;
  static int Draw(Random& random, int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); }
  static const std::string& Any(Random& random, const std::vector<std::string>& of) {
    return of[static_cast<std::size_t>(Draw(random, static_cast<int>(of.size())))];
  }
  static std::int64_t Instant(Random& random) { return kFirst + Draw(random, kSpan); }
  static absl::Time TimeOf(std::int64_t seconds) { return absl::FromUnixSeconds(seconds); }

  void Register(const std::string& id) {
    v1::Device device;
    device.set_id(id);
    device.set_product("bp-meter");
    device.set_owner("14");
    device.set_fallback_unit("tech-14");
    ASSERT_TRUE(county_.store().RegisterDevices({.id = "test"}, {device}).ok());
  }

  void Write(int writer) {
    Random random(seed_ * kWriters + static_cast<std::uint64_t>(writer));
    for (int i = 0; i < kWishes; ++i) {
      Caller caller = county_.As("admin");
      caller.reason = "wish-" + std::to_string(writer) + "-" + std::to_string(i);
      switch (Draw(random, 8)) {
        case 0:
        case 1:
        case 2:
          Assign(caller, random);
          break;
        case 3:
          End(caller, random);
          break;
        case 4:
          Transfer(caller, random);
          break;
        case 5:
          Correct(caller, random);
          break;
        default:
          HandOver(caller, random);
      }
    }
  }

  // What came back: granted wishes are remembered, refusals are of a kind that is
  // right, and left nothing behind.
  void Note(const Caller& caller, const absl::Status& status, std::function<void(State&)> effect) {
    static const std::set<std::string> kRefusals = {"DEVICE_ASSIGNED", "ASSIGNMENT_ENDED", "TRANSFER_OUTSIDE",
                                                    "STALE_VERSION",   "INVALID_FIELD",    "GIVER_CHANGED",
                                                    "HAND_OVER_OPEN",  "HAND_OVER_CLOSED"};
    const std::scoped_lock lock(mutex_);
    if (status.ok()) {
      wishes_.push_back({caller.reason, std::move(effect)});
    } else {
      EXPECT_TRUE(kRefusals.contains(rpc::ReasonOf(status))) << status;
      refused_.insert(caller.reason);
    }
  }

  // An assignment that was made, and an instant that is likely to lie in it.
  struct Pick {
    std::string id;
    std::int64_t at = 0;
  };
  Pick AnyAssignment(Random& random) {
    const std::scoped_lock lock(mutex_);
    if (assignments_.empty()) return {};
    auto [id, start] = assignments_[static_cast<std::size_t>(Draw(random, static_cast<int>(assignments_.size())))];
    return {id, start + Draw(random, kSpan / 10)};
  }

  void Assign(const Caller& caller, Random& random) {
    v1::AssignDeviceRequest request;
    request.set_assignment(caller.reason);
    request.set_device(Any(random, kDevices));
    const bool shared = Draw(random, 4) == 0;
    shared ? request.set_unit(Any(random, kUnits)) : request.set_resident(Any(random, kResidents));
    const std::int64_t start = Instant(random);
    *request.mutable_start_at() = At(start);
    request.set_regime(v1::REGIME_HSL);
    request.set_care_unit(Any(random, kUnits));
    request.set_alarm_unit(Any(random, kUnits));
    request.set_end_running(Draw(random, 3) > 0);
    const auto made = county_.assignments().AssignDevice(caller, request);
    Note(caller, made.status(), [request, start](State& state) {
      if (request.end_running()) {
        for (auto& [id, life] : state) {
          const bool runs = life.device == request.device() && life.end == absl::InfiniteFuture();
          if (runs && life.start < TimeOf(start)) life.EndAt(TimeOf(start));
        }
      }
      Life life{.id = request.assignment(),
                .device = request.device(),
                .user = request.resident() + request.unit(),
                .start = TimeOf(start),
                .points = {}};
      life.points[v1::PURPOSE_CARE][life.start] = request.care_unit();
      life.points[v1::PURPOSE_ALARM][life.start] = request.alarm_unit();
      state[life.id] = life;
    });
    if (!made.ok()) return;
    const std::scoped_lock lock(mutex_);
    assignments_.push_back({request.assignment(), start});
  }

  void End(const Caller& caller, Random& random) {
    v1::EndAssignmentRequest request;
    const Pick pick = AnyAssignment(random);
    request.set_assignment(pick.id);
    const std::int64_t at = pick.at;
    *request.mutable_end_at() = At(at);
    if (request.assignment().empty()) return;
    Note(caller, county_.assignments().EndAssignment(caller, request).status(),
         [id = request.assignment(), at](State& state) { state.at(id).EndAt(TimeOf(at)); });
  }

  void Transfer(const Caller& caller, Random& random) {
    v1::TransferResponsibilityRequest request;
    const Pick pick = AnyAssignment(random);
    request.set_assignment(pick.id);
    request.set_purpose(Draw(random, 2) == 0 ? v1::PURPOSE_CARE : v1::PURPOSE_ALARM);
    request.set_unit(Any(random, kUnits));
    const std::int64_t at = pick.at;
    *request.mutable_since() = At(at);
    if (request.assignment().empty()) return;
    Note(caller, county_.assignments().TransferResponsibility(caller, request).status(), [request, at](State& state) {
      state.at(request.assignment()).points[request.purpose()][TimeOf(at)] = request.unit();
    });
  }

  // The whole of one purpose, or the user, or the period, as they should have been.
  void Correct(const Caller& caller, Random& random) {
    v1::GetAssignmentRequest read;
    const Pick pick = AnyAssignment(random);
    read.set_assignment(pick.id);
    if (read.assignment().empty()) return;
    const auto known = county_.assignments().GetAssignment(caller, read);
    ASSERT_TRUE(known.ok()) << known.status();
    v1::CorrectAssignmentRequest request;
    request.set_revision(known->revision());
    v1::Assignment& wanted = *request.mutable_assignment();
    wanted.set_id(read.assignment());
    std::function<void(State&)> effect;
    const std::int64_t at = pick.at;
    switch (Draw(random, 3)) {
      case 0: {
        const bool shared = !known->assignment().unit().empty();
        shared ? wanted.set_unit(Any(random, kUnits)) : wanted.set_resident(Any(random, kResidents));
        request.mutable_update_mask()->add_paths(shared ? "unit" : "resident");
        effect = [id = wanted.id(), user = wanted.resident() + wanted.unit()](State& state) {
          state.at(id).user = user;
        };
        break;
      }
      case 1: {
        *wanted.mutable_end_at() = At(at);
        request.mutable_update_mask()->add_paths("end_at");
        effect = [id = wanted.id(), at](State& state) { state.at(id).EndAt(TimeOf(at)); };
        break;
      }
      default: {
        request.mutable_update_mask()->add_paths("responsibilities");
        effect = ReplaceCare(known->assignment(), wanted, at, random);
      }
    }
    Note(caller, county_.assignments().CorrectAssignment(caller, request).status(), std::move(effect));
  }

  static std::function<void(State&)> ReplaceCare(const v1::Assignment& known, v1::Assignment& wanted, std::int64_t at,
                                                 Random& random) {
    std::map<absl::Time, std::string> line;
    for (const auto& since : {known.start_at(), At(at)}) {
      v1::Responsibility& point = *wanted.add_responsibilities();
      point.set_purpose(v1::PURPOSE_CARE);
      *point.mutable_since() = since;
      point.set_unit(Any(random, kUnits));
      line[FromProto(since)] = point.unit();
    }
    return [id = wanted.id(), line](State& state) { state.at(id).points[v1::PURPOSE_CARE] = line; };
  }

  void HandOver(const Caller& caller, Random& random) {
    v1::ProposeHandOverRequest propose;
    propose.set_hand_over(caller.reason);
    const Pick pick = AnyAssignment(random);
    propose.set_assignment(pick.id);
    if (propose.assignment().empty()) return;
    propose.set_care_unit("care-1490-1");
    propose.set_alarm_unit(Draw(random, 2) == 0 ? "care-1490-1" : "");
    const std::int64_t at = pick.at;
    *propose.mutable_since() = At(at);
    const auto proposed = county_.hand_overs().ProposeHandOver(caller, propose);
    Note(caller, proposed.status(), [](State&) {});
    if (!proposed.ok()) return;
    Caller receiver = caller;
    receiver.reason += "-accepted";
    v1::AcceptHandOverRequest accept;
    accept.set_hand_over(propose.hand_over());
    accept.set_revision(proposed->hand_over().revision());
    const auto accepted = county_.hand_overs().AcceptHandOver(receiver, accept);
    const absl::Time now = accepted.ok() ? FromProto(accepted->hand_over().answered_at()) : absl::Now();
    Note(receiver, accepted.status(), [propose, at, now](State& state) {
      Life& life = state.at(propose.assignment());
      life.AnswerFrom(v1::PURPOSE_CARE, TimeOf(at), propose.care_unit());
      if (propose.alarm_unit().empty()) return;
      life.AnswerFrom(v1::PURPOSE_ALARM, std::max(TimeOf(at), now), propose.alarm_unit());
    });
    if (!accepted.ok()) Withdraw(caller, proposed->hand_over());
  }

  void Withdraw(Caller caller, const v1::HandOver& hand_over) {
    caller.reason += "-withdrawn";
    v1::WithdrawHandOverRequest request;
    request.set_hand_over(hand_over.id());
    request.set_revision(hand_over.revision());
    Note(caller, county_.hand_overs().WithdrawHandOver(caller, request).status(), [](State&) {});
  }

  // At which revision each wish was granted, by the audit.
  std::map<std::string, std::uint64_t> Revisions() {
    std::map<std::string, std::uint64_t> revisions;
    std::istringstream rows(county_.Ask(
        "select string_agg(distinct reason || ' ' || revision, ' ') from registry.changes where reason like 'wish-%'"));
    std::string tag;
    std::uint64_t revision = 0;
    while (rows >> tag >> revision) revisions[tag] = revision;
    return revisions;
  }

  // Does in the model, one after the other, what the registry granted.
  void Replay() {
    const std::map<std::string, std::uint64_t> revisions = Revisions();
    for (const std::string& tag : refused_) EXPECT_FALSE(revisions.contains(tag)) << tag << " was refused and written";
    std::map<std::uint64_t, const Wish*> granted;
    for (const Wish& wish : wishes_) {
      // What changed nothing, such as the end that was already, has no revision.
      const auto found = revisions.find(wish.tag);
      if (found != revisions.end()) granted[found->second] = &wish;
    }
    ASSERT_EQ(granted.size(), revisions.size()) << "something was written that nobody was told of";
    State state;
    for (const auto& [revision, wish] : granted) {
      wish->effect(state);
      CheckState(state, wish->tag);
      believed_[revision] = state;
    }
  }

  // At every instant exactly one responsible per purpose; one assignment of a device.
  static void CheckState(const State& state, const std::string& tag) {
    for (const auto& [id, life] : state) {
      ASSERT_LT(life.start, life.end) << tag;
      for (const int purpose : {v1::PURPOSE_CARE, v1::PURPOSE_ALARM}) {
        ASSERT_TRUE(life.points.contains(purpose)) << tag << " " << life.Text();
        const auto& line = life.points.at(purpose);
        ASSERT_FALSE(line.empty()) << tag << " " << life.Text();
        ASSERT_EQ(line.begin()->first, life.start) << tag << " leaves a gap in " << life.Text();
        ASSERT_LT(line.rbegin()->first, life.end) << tag << " " << life.Text();
      }
      for (const auto& [other_id, other] : state) {
        const bool both = id != other_id && life.device == other.device;
        ASSERT_FALSE(both && life.start < other.end && other.start < life.end) << tag << " " << life.Text();
      }
    }
  }

  const State& StateAt(std::uint64_t revision) const {
    static const State nothing;
    const auto after = believed_.upper_bound(revision);
    return after == believed_.begin() ? nothing : std::prev(after)->second;
  }

  static std::multiset<std::string> Texts(const State& state, const std::string& device) {
    std::multiset<std::string> texts;
    for (const auto& [id, life] : state) {
      if (life.device == device) texts.insert(life.Text());
    }
    return texts;
  }

  static std::multiset<std::string> Texts(const v1::Route& route) {
    std::multiset<std::string> texts;
    for (const v1::Assignment& assignment : route.assignments()) texts.insert(LifeOf(assignment).Text());
    return texts;
  }

  // A watcher never saw a state that never was.
  void CompareWatch() {
    for (const v1::WatchRoutesResponse& message : watcher_->Take()) {
      for (const v1::Route& route : message.routes()) {
        ASSERT_EQ(Texts(route), Texts(StateAt(route.revision()), route.device())) << "at " << route.revision();
      }
    }
  }

  // What was believed at any revision can be asked.
  void CompareBeliefs() {
    Random random(seed_);
    for (const auto& [revision, state] : believed_) {
      const std::string& device = Any(random, kDevices);
      const absl::Time at = TimeOf(Instant(random)) + absl::Milliseconds(500);
      for (const int purpose : {v1::PURPOSE_CARE, v1::PURPOSE_ALARM}) {
        v1::GetResponsibilityRequest request;
        request.set_device(device);
        request.set_purpose(static_cast<v1::Purpose>(purpose));
        *request.mutable_at() = ToProto(at);
        request.mutable_belief()->set_revision(revision);
        const auto got = county_.assignments().GetResponsibility(county_.As("admin"), request);
        const Holder expected = HolderAt(state, device, purpose, at);
        ASSERT_EQ(got.ok(), !expected.assignment.empty()) << got.status() << " at " << revision;
        if (!got.ok()) continue;
        ASSERT_EQ(got->assignment(), expected.assignment);
        ASSERT_EQ(got->responsibility().unit(), expected.unit);
      }
      CompareForm(revision, state, random);
    }
  }

  void CompareForm(std::uint64_t revision, const State& state, Random& random) {
    if (state.empty()) return;
    auto life = state.begin();
    std::advance(life, Draw(random, static_cast<int>(state.size())));
    v1::GetAssignmentRequest request;
    request.set_assignment(life->first);
    request.mutable_belief()->set_revision(revision);
    const auto got = county_.assignments().GetAssignment(county_.As("admin"), request);
    ASSERT_TRUE(got.ok()) << got.status();
    ASSERT_EQ(LifeOf(got->assignment()).Text(), life->second.Text()) << "as believed at " << revision;
  }

  // Who received at a revision and follows what was withdrawn and reissued since then
  // comes to who should have received.
  void FollowCorrections() {
    Random random(seed_);
    const State& last = believed_.rbegin()->second;
    for (const std::string& device : kDevices) {
      const auto route = county_.feeds().routes.table().Find(device);
      for (int i = 0; i < 100; ++i) {
        const absl::Time at = TimeOf(Instant(random)) + absl::Milliseconds(500);
        const int purpose = Draw(random, 2) == 0 ? v1::PURPOSE_CARE : v1::PURPOSE_ALARM;
        auto from = believed_.begin();
        std::advance(from, Draw(random, static_cast<int>(believed_.size())));
        Holder holder = HolderAt(from->second, device, purpose, at);
        if (holder.unit.empty()) continue;
        for (const v1::Correction& correction : route->corrections()) {
          const bool concerns = correction.revision() > from->first && correction.purpose() == purpose &&
                                FromProto(correction.start_at()) <= at && at < FromProto(correction.end_at());
          if (!concerns) continue;
          ASSERT_EQ(correction.from_assignment(), holder.assignment) << correction.ShortDebugString();
          ASSERT_EQ(correction.from_unit(), holder.unit) << correction.ShortDebugString();
          holder = HolderAt(StateAt(correction.revision()), device, purpose, at);
          ASSERT_EQ(correction.to_assignment(), holder.assignment) << correction.ShortDebugString();
          ASSERT_EQ(correction.to_unit(), holder.unit) << correction.ShortDebugString();
          if (holder.unit.empty()) break;
        }
        if (holder.unit.empty()) continue;
        const Holder rightful = HolderAt(last, device, purpose, at);
        ASSERT_EQ(holder.assignment, rightful.assignment);
        ASSERT_EQ(holder.unit, rightful.unit);
        // Another unit whose residents share the device receives nothing by that alone.
        const bool resident = holder.user.starts_with("r-");
        ASSERT_EQ(resident ? holder.user : "", resident ? rightful.user : "");
      }
    }
  }

  // Whose a record is, by the shared reading of the route: the person of the model.
  void CompareRoutes() {
    Random random(seed_ + 1);
    const State& last = believed_.rbegin()->second;
    for (int i = 0; i < 300; ++i) {
      const std::string& device = Any(random, kDevices);
      const absl::Time at = TimeOf(Instant(random)) + absl::Milliseconds(500);
      const auto route = county_.feeds().routes.table().Find(device);
      const v1::Assignment* assignment = AssignmentAt(*route, ToProto(at));
      const Holder expected = HolderAt(last, device, v1::PURPOSE_CARE, at);
      ASSERT_EQ(assignment == nullptr ? "" : assignment->id(), expected.assignment);
      ASSERT_EQ(assignment == nullptr ? "" : assignment->resident() + assignment->unit(), expected.user);
      const v1::Responsibility* point = ResponsibleAt(*route, v1::PURPOSE_CARE, ToProto(at));
      ASSERT_EQ(point == nullptr ? "" : point->unit(), expected.unit);
    }
  }

  // What leads to a device leads to it for all that answer, or are going to.
  void CompareReach() {
    const std::string missing = county_.Ask(
        "select count(*) from (select a.id, r.unit, r.principal, a.device, a.resident from registry.assignments a "
        "join registry.responsibilities r on r.assignment = a.id where upper_inf(a.period) or upper(a.period) > now() "
        "except select assignment, unit, principal, device, resident from registry.reach) as t");
    EXPECT_EQ(missing, "0");
  }

  const std::uint64_t seed_;
  testing::County county_;
  std::shared_ptr<testing::FakeWriter<v1::WatchRoutesResponse>> watcher_ =
      std::make_shared<testing::FakeWriter<v1::WatchRoutesResponse>>();
  std::map<std::uint64_t, State> believed_;  // by revision

  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<Wish> wishes_;
  std::set<std::string> refused_;
  std::vector<Pick> assignments_;  // with their first starts
};

TEST(Histories, AreWhatANaiveModelSays) {
  const std::uint64_t count = FromEnvironment("NARA_HISTORIES", 4);
  const std::uint64_t first = FromEnvironment("NARA_SEED", std::random_device{}());
  std::cout << "histories: " << count << " from seed " << first << std::endl;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE("NARA_HISTORIES=1 NARA_SEED=" + std::to_string(seed));
    History(seed).Run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace nara::registry
