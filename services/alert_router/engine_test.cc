#include "alert_router/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace nara::alert {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

constexpr Time kNoon{std::chrono::hours(12)};

// The actions of a change with the receiver of each: "offered@centre".
std::vector<std::string> Lines(const Change& change) {
  std::vector<std::string> lines;
  for (const HistoryEntry& entry : change.history) {
    lines.push_back(entry.action + (entry.receiver.empty() ? "" : "@" + entry.receiver));
  }
  return lines;
}

// What is to be done: "offer centre", "withdraw centre accepted", "technical chain_exhausted".
std::vector<std::string> Todo(const Change& change) {
  static constexpr const char* kNames[] = {"offer", "withdraw", "technical"};
  std::vector<std::string> todo;
  for (const Effect& effect : change.effects) {
    std::string line = kNames[static_cast<int>(effect.kind)];
    if (!effect.receiver.empty()) line += " " + effect.receiver;
    if (!effect.reason.empty()) line += " " + effect.reason;
    todo.push_back(line);
  }
  return todo;
}

class Engine : public testing::Test {
 protected:
  Change RaiseNow(const std::string& ended_by = "") {
    Alert alert;
    alert.id = "a1";
    alert.key = {"dispenser-1", "dose_missed", "2026-02-17T08", "assignment-1"};
    alert.chain = {3, {{"centre", seconds(60)}, {"staff", seconds(120)}, {"fallback", seconds(30)}}};
    alert.expires_at = kNoon + std::chrono::hours(4);
    return Raise(alert, ended_by, Links(), kNoon);
  }

  Reachable Links() {
    return [this](const std::string& receiver) { return attached_.contains(receiver); };
  }

  Alert AtLastStep() {
    const Alert staff = Due(RaiseNow().alert, Links(), kNoon + seconds(60)).alert;
    return Due(staff, Links(), kNoon + seconds(180)).alert;
  }

  std::set<std::string> attached_{"centre", "staff", "fallback"};
  const Actor anna_{"centre", "anna"};
  const Actor bo_{"staff", "bo"};
  const Actor cia_{"fallback", "cia"};
};

TEST_F(Engine, OffersToTheFirstStepWhenRaised) {
  const Change change = RaiseNow();
  EXPECT_THAT(Lines(change), ElementsAre("raised", "offered@centre"));
  EXPECT_THAT(Todo(change), ElementsAre("offer centre"));
  EXPECT_EQ(change.alert.state, State::kOffered);
  EXPECT_EQ(change.alert.version, 2U);
  EXPECT_EQ(change.alert.next_action_at, kNoon + seconds(60));
}

TEST_F(Engine, PassesOverAReceiverThatNobodyAttends) {
  attached_.erase("centre");
  const Change change = RaiseNow();
  EXPECT_THAT(Lines(change), ElementsAre("raised", "unreachable@centre", "offered@staff"));
  EXPECT_EQ(change.alert.step, 1U);
}

TEST_F(Engine, WaitsAtTheLastStepAndTellsSoOnceWhenNobodyAttendsAnywhere) {
  attached_.clear();
  const Change change = RaiseNow();
  EXPECT_THAT(Lines(change), ElementsAre("raised", "unreachable@centre", "unreachable@staff", "unreachable@fallback",
                                         "exhausted@fallback"));
  EXPECT_THAT(Todo(change), ElementsAre("technical chain_exhausted"));
  EXPECT_EQ(change.alert.state, State::kRaised);
  EXPECT_TRUE(change.alert.waiting);
  EXPECT_EQ(change.alert.next_action_at, kNoon + seconds(30));
}

TEST_F(Engine, AWaitingAlertMovesOnlyItsTimerWhileNobodyAttends) {
  attached_.clear();
  const Alert waiting = RaiseNow().alert;
  const Change change = Due(waiting, Links(), kNoon + seconds(30));
  EXPECT_FALSE(change.Recorded());
  EXPECT_EQ(change.alert.version, waiting.version);
  EXPECT_EQ(change.alert.next_action_at, kNoon + seconds(60));
}

TEST_F(Engine, TheNextLinkOfTheLastReceiverGetsAWaitingAlertAtOnce) {
  attached_.clear();
  const Alert waiting = RaiseNow().alert;
  EXPECT_FALSE(LinkUp(waiting, "staff", kNoon + seconds(5)).Recorded());
  const Change change = LinkUp(waiting, "fallback", kNoon + seconds(5));
  EXPECT_THAT(Todo(change), ElementsAre("offer fallback"));
  EXPECT_EQ(change.alert.next_action_at, kNoon + seconds(35));
}

TEST_F(Engine, GoesToTheNextStepWhenNobodyAcceptsInTime) {
  const Alert offered = RaiseNow().alert;
  EXPECT_FALSE(Due(offered, Links(), kNoon + seconds(59)).Recorded());
  const Change change = Due(offered, Links(), kNoon + seconds(60));
  EXPECT_THAT(Lines(change), ElementsAre("accept_timeout@centre", "offered@staff"));
  EXPECT_THAT(Todo(change), ElementsAre("withdraw centre accept_timeout", "offer staff"));
}

TEST_F(Engine, GoesToTheNextStepAtOnceWhenRejected) {
  const Answer answer = Reject(RaiseNow().alert, anna_, "busy", Links(), kNoon + seconds(2));
  EXPECT_EQ(answer.verdict, Verdict::kDone);
  EXPECT_THAT(Lines(answer.change), ElementsAre("rejected@centre", "offered@staff"));
  EXPECT_EQ(answer.change.history[0].actor, "anna");
  EXPECT_EQ(answer.change.history[0].reason, "busy");
}

TEST_F(Engine, GoesToTheNextStepAtOnceWhenTheLinkBreaks) {
  const Alert offered = RaiseNow().alert;
  EXPECT_FALSE(LinkBroken(offered, "centre", Links(), kNoon).Recorded()) << "somebody attends again";
  attached_.erase("centre");
  EXPECT_THAT(Lines(LinkBroken(offered, "centre", Links(), kNoon + seconds(1))),
              ElementsAre("link_broken@centre", "offered@staff"));
}

TEST_F(Engine, RepeatsTheLastStepAndTellsThatTheChainRanOutOnce) {
  const Alert last = AtLastStep();
  const Change first = Due(last, Links(), kNoon + seconds(210));
  EXPECT_THAT(Lines(first), ElementsAre("accept_timeout@fallback", "exhausted@fallback", "offered@fallback"));
  EXPECT_THAT(Todo(first),
              ElementsAre("withdraw fallback accept_timeout", "technical chain_exhausted", "offer fallback"));
  const Change second = Due(first.alert, Links(), kNoon + seconds(240));
  EXPECT_THAT(Lines(second), ElementsAre("accept_timeout@fallback", "offered@fallback"));
}

TEST_F(Engine, ARejectionAtTheLastStepRestsUntilItIsRepeated) {
  const Change rejected = Reject(AtLastStep(), cia_, "", Links(), kNoon + seconds(181)).change;
  EXPECT_THAT(Todo(rejected), ElementsAre("withdraw fallback rejected", "technical chain_exhausted"));
  EXPECT_TRUE(rejected.alert.waiting);
  EXPECT_THAT(Todo(Due(rejected.alert, Links(), kNoon + seconds(211))), ElementsAre("offer fallback"));
}

TEST_F(Engine, ATechnicalAlertNeverAsksForAnother) {
  attached_.clear();
  Alert alert;
  alert.technical = true;
  alert.chain.steps = {{"county-fallback", seconds(60)}};
  alert.expires_at = kNoon + seconds(600);
  const Change change = Raise(alert, "", Links(), kNoon);
  EXPECT_TRUE(change.effects.empty());
  EXPECT_TRUE(Due(change.alert, Links(), kNoon + seconds(600)).effects.empty());
}

TEST_F(Engine, OneAcceptWinsAndTheSameAgainIsNoError) {
  const Answer won = Accept(RaiseNow().alert, anna_, kNoon + seconds(3));
  EXPECT_EQ(won.verdict, Verdict::kDone);
  EXPECT_EQ(won.change.alert.state, State::kAccepted);
  EXPECT_FALSE(won.change.alert.next_action_at);
  EXPECT_EQ(Accept(won.change.alert, anna_, kNoon + seconds(4)).verdict, Verdict::kAlready);
  EXPECT_EQ(Accept(won.change.alert, {"centre", "dan"}, kNoon + seconds(4)).verdict, Verdict::kTaken);
  EXPECT_EQ(Accept(won.change.alert, bo_, kNoon + seconds(4)).verdict, Verdict::kTaken);
}

TEST_F(Engine, ALateAcceptOfAnEarlierStepIsWelcomeAndALaterStepsIsNot) {
  const Alert at_staff = Due(RaiseNow().alert, Links(), kNoon + seconds(60)).alert;
  EXPECT_EQ(Accept(at_staff, cia_, kNoon + seconds(61)).verdict, Verdict::kNotOffered);
  const Answer late = Accept(at_staff, anna_, kNoon + seconds(61));
  EXPECT_EQ(late.verdict, Verdict::kDone);
  EXPECT_EQ(late.change.alert.receiver, "centre");
  EXPECT_THAT(Todo(late.change), ElementsAre("withdraw staff accepted", "withdraw centre accepted"));
}

TEST_F(Engine, AClockThatIsSetBackMakesNoStepLonger) {
  const Alert offered = RaiseNow().alert;
  const Time before = kNoon - std::chrono::hours(1);
  const Change change = Due(offered, Links(), before);
  EXPECT_FALSE(change.Recorded()) << "nor shorter";
  EXPECT_EQ(change.alert.next_action_at, before + seconds(60));
  EXPECT_EQ(Due(change.alert, Links(), before + seconds(1)).alert, change.alert);
  EXPECT_THAT(Todo(Due(change.alert, Links(), before + seconds(60))),
              ElementsAre("withdraw centre accept_timeout", "offer staff"));
}

TEST_F(Engine, NothingIsDueAfterAnAccept) {
  const Alert accepted = Accept(RaiseNow().alert, anna_, kNoon).change.alert;
  EXPECT_FALSE(Due(accepted, Links(), kNoon + std::chrono::hours(5)).Recorded());
  attached_.erase("centre");
  EXPECT_FALSE(LinkBroken(accepted, "centre", Links(), kNoon).Recorded());
}

TEST_F(Engine, ResolveIsForWhoAccepted) {
  const Alert accepted = Accept(RaiseNow().alert, anna_, kNoon).change.alert;
  EXPECT_EQ(Resolve(RaiseNow().alert, anna_, "", kNoon).verdict, Verdict::kNotAccepted);
  EXPECT_EQ(Resolve(accepted, bo_, "", kNoon).verdict, Verdict::kTaken);
  const Answer done = Resolve(accepted, {"centre", "dan"}, "spoke with her", kNoon);
  EXPECT_EQ(done.verdict, Verdict::kDone);
  EXPECT_EQ(done.change.alert.state, State::kResolved);
  EXPECT_EQ(Resolve(done.change.alert, anna_, "", kNoon).verdict, Verdict::kAlready);
  EXPECT_EQ(Accept(done.change.alert, anna_, kNoon).verdict, Verdict::kEnded);
  EXPECT_EQ(Reject(done.change.alert, anna_, "", Links(), kNoon).verdict, Verdict::kEnded);
}

TEST_F(Engine, TheEndOfTheEpisodeEndsTheAlertAndTellsWhoHasIt) {
  const Change offered = End(RaiseNow().alert, "dose_taken", kNoon + seconds(9));
  EXPECT_EQ(offered.alert.state, State::kCancelled);
  EXPECT_THAT(Todo(offered), ElementsAre("withdraw centre dose_taken"));
  const Alert accepted = Accept(RaiseNow().alert, anna_, kNoon).change.alert;
  EXPECT_THAT(Todo(End(accepted, "dose_taken", kNoon)), ElementsAre("withdraw centre dose_taken"));
  EXPECT_FALSE(End(offered.alert, "dose_taken", kNoon + seconds(10)).Recorded());
}

TEST_F(Engine, AnEndThatCameFirstIsRecordedAndDisturbsNobody) {
  const Change change = RaiseNow("dose_taken");
  EXPECT_THAT(Lines(change), ElementsAre("raised", "cancelled"));
  EXPECT_TRUE(change.effects.empty());
  EXPECT_FALSE(change.alert.next_action_at);
}

TEST_F(Engine, AnAlarmThatCameTooLateRingsNowhereAndIsTold) {
  Alert alert;
  alert.chain.steps = {{"centre", seconds(60)}};
  alert.expires_at = kNoon;
  const Change change = Raise(alert, "", Links(), kNoon);
  EXPECT_THAT(Lines(change), ElementsAre("raised", "expired"));
  EXPECT_THAT(Todo(change), ElementsAre("technical arrived_late"));
  EXPECT_TRUE(Raise(alert, "dose_taken", Links(), kNoon).effects.empty()) << "late, and over";
}

TEST_F(Engine, WhatJoinsATechnicalAlertMovesNothingOfIt) {
  const Alert offered = RaiseNow().alert;
  const Change change = Join(offered, "dose_missed of noon", kNoon + seconds(1));
  EXPECT_THAT(Lines(change), ElementsAre("joined"));
  EXPECT_EQ(change.history[0].reason, "dose_missed of noon");
  EXPECT_TRUE(change.effects.empty());
  EXPECT_EQ(change.alert.state, offered.state);
  EXPECT_EQ(change.alert.next_action_at, offered.next_action_at);
  EXPECT_TRUE(Delivered(change.alert, anna_, offered.version, kNoon).Recorded()) << "its offer is the same";
  EXPECT_TRUE(Delivered(change.alert, anna_, change.alert.version, kNoon).Recorded()) << "shown after it joined";
  EXPECT_FALSE(Delivered(change.alert, anna_, change.alert.version + 1, kNoon).Recorded()) << "nobody has seen that";
}

TEST_F(Engine, ExpiresUnansweredAndSaysSo) {
  Alert alert = RaiseNow().alert;
  alert.expires_at = kNoon + seconds(45);
  alert.next_action_at = alert.expires_at;
  const Change change = Due(alert, Links(), kNoon + seconds(45));
  EXPECT_EQ(change.alert.state, State::kExpired);
  EXPECT_THAT(Todo(change), ElementsAre("withdraw centre expired", "technical expired_unanswered"));
}

TEST_F(Engine, DeliveryIsRecordedOnceAnOfferWhateverAReceiverSends) {
  const Alert offered = RaiseNow().alert;
  EXPECT_FALSE(Delivered(offered, anna_, 1, kNoon).Recorded()) << "not the version of the offer";
  EXPECT_FALSE(Delivered(offered, bo_, 2, kNoon).Recorded()) << "not offered to staff";
  const Change change = Delivered(offered, anna_, 2, kNoon);
  EXPECT_THAT(Lines(change), ElementsAre("delivered@centre"));
  EXPECT_FALSE(Delivered(change.alert, anna_, 2, kNoon).Recorded());
}

}  // namespace
}  // namespace nara::alert
