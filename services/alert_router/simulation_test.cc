// Thousands of seeded lives of one alert: accepts, rejects, lost links,
// time-outs, ends that come early, crashes between a commit and its effects, a clock
// that jumps, and a second router that acts on a row it read long ago.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <utility>

#include "alert_router/engine.h"
#include "alert_router/testing/seeds.h"

namespace nara::alert {
namespace {

using std::chrono::seconds;

constexpr Time kStart{std::chrono::hours(24 * 365)};

const std::map<State, std::set<State>>& LegalNext() {
  using enum State;
  static const std::map<State, std::set<State>> kLegal = {
      {kRaised, {kRaised, kOffered, kAccepted, kCancelled, kExpired}},
      {kOffered, {kOffered, kAccepted, kCancelled, kExpired}},
      {kAccepted, {kResolved, kCancelled}},
      {kResolved, {}},
      {kCancelled, {}},
      {kExpired, {}}};
  return kLegal;
}

// One alert, its receivers, and the invariants of every step.
class Life {
 public:
  explicit Life(uint64_t seed) : random_(seed) {}

  void Run() {
    Begin();
    for (int happenings = Draw(60); happenings-- > 0 && !::testing::Test::HasFailure();) Happen();
    Calm();
  }

 private:
  int Draw(int below) { return static_cast<int>(random_() % below); }
  std::string AnyReceiver() { return "r" + std::to_string(Draw(5)); }
  Actor Anybody() { return {AnyReceiver(), "o" + std::to_string(Draw(2))}; }
  Reachable Links() {
    return [this](const std::string& receiver) { return attached_.contains(receiver); };
  }

  void Begin() {
    for (int i = 0; i < 5; ++i) {
      if (Draw(3) > 0) attached_.insert("r" + std::to_string(i));
    }
    Alert alert;
    alert.id = "a";
    for (int steps = 1 + Draw(4); steps-- > 0;) alert.chain.steps.push_back({AnyReceiver(), seconds(1 + Draw(90))});
    alert.expires_at = now_ + seconds(Draw(3600) - 60);
    const bool came_late = alert.expires_at <= now_;
    const bool early_end = Draw(10) == 0;
    const Change raised = Raise(alert, early_end ? "end" : "", Links(), now_);
    if (early_end) {
      ASSERT_TRUE(raised.effects.empty()) << "somebody is disturbed by what is over";
    } else if (came_late) {
      const std::vector<Effect> told = {{Effect::Kind::kTechnical, "", kArrivedLate}};
      ASSERT_EQ(raised.effects, told) << "too late to ring, and not to be told of";
    }
    row_ = alert;
    Commit(raised, /*timer=*/false);
  }

  void Happen() {
    switch (Draw(12)) {
      case 0:
        return Move(seconds(Draw(30)));
      case 1:
        return Commit(Due(row_, Links(), now_), true);
      case 2:
        return DueExactly();
      case 3:
        return Break(AnyReceiver());
      case 4:
        return Attach(AnyReceiver());
      case 5:
        return TryAccept(Anybody());
      case 6:
        return Commit(Reject(row_, Anybody(), "", Links(), now_).change, false);
      case 7:
        return Draw(4) == 0 ? Commit(End(row_, "end", now_), false) : Move(seconds(1));
      case 8:
        return Draw(3) == 0 ? Commit(Resolve(row_, Anybody(), "", now_).change, false) : Move(seconds(1));
      case 9:
        return SetClock(Draw(3) > 0 ? -seconds(Draw(7200)) : seconds(Draw(7200)));
      case 10:
        return Commit(Delivered(row_, Anybody(), 1 + Draw(9), now_), false);
      default:
        return Zombie();
    }
  }

  void Move(seconds by) { now_ += by; }

  // The database's clock jumps; the caretaker looks at what is due, or further ahead than it may.
  void SetClock(seconds by) {
    Move(by);
    Commit(Due(row_, Links(), now_), true);
  }

  void DueExactly() {
    if (row_.next_action_at) now_ = std::max(now_, *row_.next_action_at - seconds(Draw(2)));
    Commit(Due(row_, Links(), now_), true);
  }

  // A crash may lose what a broken link asks for; the time-out is behind it.
  void Break(const std::string& receiver) {
    attached_.erase(receiver);
    screens_.erase(receiver);
    if (Draw(4) > 0) Commit(LinkBroken(row_, receiver, Links(), now_), false);
  }

  // Attaching replays what is open for the receiver.
  void Attach(const std::string& receiver) {
    attached_.insert(receiver);
    Commit(LinkUp(row_, receiver, now_), false);
    if (row_.state == State::kOffered && !row_.waiting && row_.receiver == receiver) screens_.insert(receiver);
  }

  void TryAccept(const Actor& actor) {
    const Alert before = row_;
    const Answer answer = Accept(row_, actor, now_);
    if (answer.verdict == Verdict::kDone) {
      ASSERT_TRUE(owner_.empty()) << "two owners";
      owner_ = actor.receiver + "/" + actor.operator_id;
    } else if (answer.verdict == Verdict::kAlready) {
      ASSERT_EQ(owner_, actor.receiver + "/" + actor.operator_id);
    }
    if (!IsUnanswered(before.state)) {
      ASSERT_NE(answer.verdict, Verdict::kDone);
    }
    Commit(answer.change, false);
  }

  // A router that slept acts on a row of the past: the store's version refuses it.
  void Zombie() {
    if (Draw(2) == 0) {
      asleep_ = row_;
      return;
    }
    if (!asleep_) return;
    const Alert stale = *std::exchange(asleep_, std::nullopt);
    const bool fenced = stale.version != row_.version;
    if (fenced) return;
    Draw(2) == 0 ? Commit(Due(stale, Links(), now_), true) : TryAccept(Anybody());
  }

  void Commit(const Change& change, bool timer) {
    if (::testing::Test::HasFailure()) return;
    CheckHistory(change, timer);
    const bool accepted_before = !IsUnanswered(row_.state);
    row_ = change.alert;
    CheckRow();
    for (const Effect& effect : change.effects) {
      if (::testing::Test::HasFailure()) return;
      ASSERT_FALSE(accepted_before && effect.kind == Effect::Kind::kOffer) << "an offer after an accept";
      Carry(effect);
    }
    if (row_.state == State::kExpired || row_.exhausted) {
      ASSERT_EQ(technical_, 1) << "a silent end";
    }
  }

  // A crash after the commit loses effects for screens, never the technical alert, which is in the transaction.
  void Carry(const Effect& effect) {
    if (effect.kind == Effect::Kind::kTechnical) {
      ASSERT_EQ(++technical_, 1) << "told more than once that the chain ran out";
    } else if (effect.kind == Effect::Kind::kOffer) {
      ASSERT_TRUE(attached_.contains(effect.receiver)) << "offered to nobody";
      if (Draw(10) > 0) screens_.insert(effect.receiver);
    } else {
      screens_.erase(effect.receiver);
    }
  }

  void CheckHistory(const Change& change, bool timer) {
    uint64_t version = row_.version;
    State state = row_.state;
    for (const HistoryEntry& entry : change.history) {
      ASSERT_EQ(entry.version, ++version) << "versions strictly increase";
      ASSERT_TRUE(entry.state == state || LegalNext().at(state).contains(entry.state))
          << StateName(state) << " to " << StateName(entry.state);
      ASSERT_FALSE(entry.action == "accept_timeout" && (!timer || now_ < *row_.next_action_at)) << "a step too early";
      state = entry.state;
    }
    ASSERT_EQ(change.alert.version, version);
    if (!change.Recorded()) {
      ASSERT_EQ(change.alert.state, row_.state);
      ASSERT_TRUE(change.effects.empty());
    }
  }

  void CheckRow() {
    ASSERT_EQ(row_.next_action_at.has_value(), IsUnanswered(row_.state)) << "an orphan, or a timer without a cause";
    ASSERT_LT(row_.step, row_.chain.steps.size());
    if (row_.next_action_at) {
      ASSERT_LE(*row_.next_action_at, now_ + seconds(90)) << "later than any step allows";
      ASSERT_FALSE(row_.waiting && row_.step + 1 != row_.chain.steps.size()) << "waits at the last step only";
      ASSERT_TRUE(!row_.waiting || row_.exhausted) << "waits without anybody being told";
    }
  }

  // All links come back and time goes on: somebody has the alert on the screen within one round of the last step.
  void Calm() {
    for (int i = 0; i < 5; ++i) Attach("r" + std::to_string(i));
    for (int turns = 0; turns < 10 && IsUnanswered(row_.state) && !screens_.contains(row_.receiver); ++turns) {
      DueExactly();
      now_ += seconds(1);
    }
    if (::testing::Test::HasFailure()) return;
    ASSERT_TRUE(!IsUnanswered(row_.state) || screens_.contains(row_.receiver)) << "nobody sees it";
    if (IsUnanswered(row_.state)) TryAccept({row_.receiver, "calm"});
    ASSERT_FALSE(IsUnanswered(row_.state));
  }

  std::mt19937_64 random_;
  Time now_ = kStart;
  Alert row_;
  std::set<std::string> attached_;
  std::set<std::string> screens_;  // receivers that show the alert
  std::optional<Alert> asleep_;
  std::string owner_;
  int technical_ = 0;
};

TEST(Simulation, EveryLifeKeepsTheInvariants) {
  testing::LiveThrough<Life>();
}

}  // namespace
}  // namespace nara::alert
