// The store on a real PostgreSQL.
#include "alert_router/postgres_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "alert_router/alert_id.h"
#include "alert_router/testing/database.h"

namespace nara::alert {
namespace {

using std::chrono::seconds;
using testing::Database;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PostgresStoreTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { database_ = Database::Start(); }
  static void TearDownTestSuite() { database_.reset(); }
  void SetUp() override {
    ASSERT_NE(database_, nullptr);
    device_ = std::string("device-") + ::testing::UnitTest::GetInstance()->current_test_info()->name();
  }

  static bool Attended(const std::string&) { return true; }

  Alert Drawn(const std::string& episode, const std::string& receiver = "centre") {
    Alert alert;
    alert.key = {device_, "dose_missed", episode, "assignment-1"};
    alert.id = AlertIdOf(alert.key, alert.effective_at);
    alert.principal = "1480";
    alert.unit = device_;
    alert.event_id = "event";
    alert.chain = {7, {{receiver, seconds(60)}, {"staff", seconds(120)}}};
    return alert;
  }

  Alert RaiseOne(Alert alert) {
    Alert row;
    const absl::Status done = store_.Run([&](Rows& rows) {
      const Time now = *rows.Now();
      alert.effective_at = now;
      alert.expires_at = now + std::chrono::hours(1);
      const Change change = Raise(alert, "", Attended, now);
      row = change.alert;
      return rows.Save(change);
    });
    EXPECT_TRUE(done.ok()) << done;
    return row;
  }

  absl::Status AcceptOne(const std::string& id, const std::string& who) {
    return store_.Run([&](Rows& rows) -> absl::Status {
      const auto alert = rows.GetLocked(id);
      if (!alert.ok()) return alert.status();
      const Answer answer = Accept(**alert, {"centre", who}, *rows.Now());
      if (answer.verdict != Verdict::kDone) return absl::FailedPreconditionError("taken");
      return rows.Save(answer.change);
    });
  }

  absl::StatusOr<Result> Sql(const std::string& sql) {
    const auto connection = database_->pool().Acquire();
    return connection.ok() ? (*connection)->Execute(sql) : connection.status();
  }

  static std::unique_ptr<Database> database_;
  std::string device_;
  const LogPositions positions_{"router-1"};
  PostgresStore store_{database_->pool(), positions_};
};

std::unique_ptr<Database> PostgresStoreTest::database_;

TEST_F(PostgresStoreTest, ARowComesBackAsItWasWritten) {
  Alert drawn = Drawn("d{1,\"x\\y\"}");
  drawn.chain.steps.push_back({"a \"b\" {c},\\", seconds(3600)});
  const Alert row = RaiseOne(drawn);
  const auto found = store_.Get(row.id);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->alert, row);
  ASSERT_EQ(found->history.size(), 2U);
  EXPECT_EQ(found->history[1].action, "offered");
  EXPECT_EQ(found->history[1].at, row.raised_at);
}

TEST_F(PostgresStoreTest, ATransactionThatFailsLeavesNothing) {
  const Alert alert = Drawn("d1");
  const absl::Status done = store_.Run([&](Rows& rows) -> absl::Status {
    Alert with_times = alert;
    with_times.expires_at = *rows.Now() + seconds(60);
    if (absl::Status saved = rows.Save(Raise(with_times, "", Attended, *rows.Now())); !saved.ok()) return saved;
    return absl::CancelledError("no");
  });
  EXPECT_TRUE(absl::IsCancelled(done));
  EXPECT_TRUE(absl::IsNotFound(store_.Get(alert.id).status()));
}

TEST_F(PostgresStoreTest, OneEpisodeIsOneAlert) {
  RaiseOne(Drawn("d1"));
  const absl::Status again =
      store_.Run([&](Rows& rows) { return rows.Save(Raise(Drawn("d1"), "dose_taken", Attended, *rows.Now())); });
  EXPECT_TRUE(absl::IsAborted(again)) << again;
}

TEST_F(PostgresStoreTest, OfManyAcceptsAtOnceOneWins) {
  const Alert row = RaiseOne(Drawn("d1"));
  std::atomic<int> won = 0;
  {
    std::vector<std::jthread> people;
    for (int i = 0; i < 4; ++i) {
      people.emplace_back([&, i] { won += AcceptOne(row.id, "person-" + std::to_string(i)).ok(); });
    }
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(store_.Get(row.id)->history.size(), 3U);
}

TEST_F(PostgresStoreTest, AStaleRouterWritesNothing) {
  const Alert row = RaiseOne(Drawn("d1"));
  ASSERT_TRUE(AcceptOne(row.id, "anna").ok());
  const absl::Status late = store_.Run(
      [&](Rows& rows) { return rows.Save(Reject(row, {"centre", "dan"}, "", Attended, *rows.Now()).change); });
  EXPECT_TRUE(absl::IsAborted(late)) << late;
}

TEST_F(PostgresStoreTest, DueRowsAreTakenByOneRouterAtATime) {
  const Alert row = RaiseOne(Drawn("d1"));
  ASSERT_TRUE(
      Sql("update alerts set next_action_at = clock_timestamp() - interval '2 s' where id = '" + row.id + "'").ok());
  EXPECT_LE(**store_.UntilNextAction(), seconds(-2));
  const absl::Status done = store_.Run([&](Rows& mine) {
    EXPECT_EQ(mine.DueLocked(10)->size(), 1U);
    return store_.Run([](Rows& others) {
      EXPECT_THAT(*others.DueLocked(10), IsEmpty());
      return absl::OkStatus();
    });
  });
  EXPECT_TRUE(done.ok()) << done;
  ASSERT_TRUE(AcceptOne(row.id, "anna").ok());
}

TEST_F(PostgresStoreTest, WhatIsFurtherAheadThanItsStepIsTakenUpToo) {
  const Alert row = RaiseOne(Drawn("d1"));
  const auto due = [&](const std::string& ahead) {
    EXPECT_TRUE(Sql("update alerts set next_action_at = clock_timestamp() + interval '" + ahead + "' where id = '" +
                    row.id + "'")
                    .ok());
    std::size_t count = 0;
    const absl::Status done = store_.Run([&](Rows& rows) {
      count = rows.DueLocked(10)->size();
      return absl::OkStatus();
    });
    EXPECT_TRUE(done.ok()) << done;
    return count;
  };
  EXPECT_EQ(due("50 s"), 0U);
  EXPECT_EQ(due("70 s"), 1U) << "the clock was set back";
  ASSERT_TRUE(AcceptOne(row.id, "anna").ok());
}

TEST_F(PostgresStoreTest, OpenAlertsHaveANextActionOrTheDatabaseRefuses) {
  const Alert row = RaiseOne(Drawn("d1"));
  const auto orphan = Sql("update alerts set next_action_at = null where id = '" + row.id + "'");
  EXPECT_TRUE(absl::IsFailedPrecondition(orphan.status())) << orphan.status();
}

TEST_F(PostgresStoreTest, HistoryIsAppendOnly) {
  RaiseOne(Drawn("d1"));
  EXPECT_FALSE(Sql("update history set reason = 'other'").ok());
  EXPECT_FALSE(Sql("delete from history").ok());
  EXPECT_FALSE(Sql("truncate history cascade").ok());
}

TEST_F(PostgresStoreTest, AnEpisodeIsFoundByItsTimeOrItsEvent) {
  const Alert row = RaiseOne(Drawn("d1"));
  const auto find = [&](const Key& key, seconds from, seconds to, const std::string& event) {
    std::vector<Alert> found;
    const absl::Status done = store_.Run([&](Rows& rows) {
      found = *rows.EpisodeLocked(key, {row.effective_at + from, row.effective_at + to}, event);
      return absl::OkStatus();
    });
    EXPECT_TRUE(done.ok()) << done;
    return found;
  };
  EXPECT_THAT(find(row.key, seconds(0), seconds(0), ""), ElementsAre(row));
  EXPECT_THAT(find(row.key, seconds(1), seconds(9), ""), IsEmpty());
  EXPECT_THAT(find(row.key, seconds(1), seconds(9), "event"), ElementsAre(row));
  Key other = row.key;
  other.assignment = "assignment-2";
  EXPECT_THAT(find(other, seconds(0), seconds(0), "event"), IsEmpty());
}

TEST_F(PostgresStoreTest, TheNewestAlertThatNobodyAnsweredIsFound) {
  const auto newest = [&] {
    std::optional<Alert> found;
    const absl::Status done = store_.Run([&](Rows& rows) {
      found = *rows.NewestUnansweredLocked(device_, "dose_missed");
      return absl::OkStatus();
    });
    EXPECT_TRUE(done.ok()) << done;
    return found ? found->key.episode : "";
  };
  EXPECT_EQ(newest(), "");
  RaiseOne(Drawn("d1"));
  const Alert second = RaiseOne(Drawn("d2"));
  EXPECT_EQ(newest(), "d2");
  ASSERT_TRUE(AcceptOne(second.id, "anna").ok());
  EXPECT_EQ(newest(), "d1");
}

TEST_F(PostgresStoreTest, EndsAreRememberedUntilTheyAreOld) {
  const Key key{device_, "dose_missed", "d1", "assignment-1"};
  const Time noon{std::chrono::hours(12)};
  const EpisodeEnd first{"dose_taken", "e1", noon};
  const EpisodeEnd second{"dose_taken", "e2", noon + seconds(60)};
  const auto ends = [&](seconds from) {
    std::vector<EpisodeEnd> found;
    const absl::Status done = store_.Run([&](Rows& rows) {
      found = *rows.Ends(key, {noon + from, noon + seconds(60)});
      return absl::OkStatus();
    });
    EXPECT_TRUE(done.ok()) << done;
    return found;
  };
  for (const EpisodeEnd& end : {second, first, first}) {
    ASSERT_TRUE(store_.Run([&](Rows& rows) { return rows.RememberEnd(key, end); }).ok()) << "again is no error";
  }
  EXPECT_THAT(ends(seconds(0)), ElementsAre(first, second));
  EXPECT_THAT(ends(seconds(1)), ElementsAre(second));
  ASSERT_TRUE(store_.ForgetEnds(seconds(3600)).ok());
  EXPECT_THAT(ends(seconds(0)), ElementsAre(first, second));
  ASSERT_TRUE(store_.ForgetEnds(seconds(0)).ok());
  EXPECT_THAT(ends(seconds(0)), IsEmpty());
}

TEST_F(PostgresStoreTest, AListShowsWhatTheScopeReachesNewestFirst) {
  const Alert first = RaiseOne(Drawn("d1"));
  const Alert second = RaiseOne(Drawn("d2", "other-centre"));
  const auto list = [&](const Query& query) {
    std::vector<std::string> episodes;
    const auto alerts = store_.List(query);
    for (const Alert& alert : *alerts) episodes.push_back(alert.key.episode);
    return episodes;
  };
  Query query;
  query.device = device_;
  EXPECT_THAT(list(query), IsEmpty()) << "an empty scope reaches nothing";
  query.scope.units = {device_};
  EXPECT_THAT(list(query), ElementsAre("d2", "d1"));
  query.scope.units = {};
  query.scope.receiver = "other-centre";
  EXPECT_THAT(list(query), ElementsAre("d2"));
  query.scope.receiver = "staff";
  EXPECT_THAT(list(query), IsEmpty()) << "a later step has not been offered it";
  query.scope.all = true;
  query.before_raised_at = second.raised_at;
  query.before_id = second.id;
  EXPECT_THAT(list(query), ElementsAre("d1"));
  query.before_raised_at.reset();
  ASSERT_TRUE(AcceptOne(first.id, "anna").ok());
  query.principal = "1481";
  EXPECT_THAT(list(query), IsEmpty());
}

TEST_F(PostgresStoreTest, HostileTextIsRefusedOrKeptAndNeverRun) {
  Alert drawn = Drawn("'); drop table alerts; --");
  EXPECT_EQ(store_.Get(RaiseOne(drawn).id)->alert.key.episode, drawn.key.episode);
  Alert broken = Drawn("d\xff\xfe");
  const absl::Status refused =
      store_.Run([&](Rows& rows) { return rows.Save(Raise(broken, "dose_taken", Attended, *rows.Now())); });
  EXPECT_FALSE(refused.ok());
}

TEST_F(PostgresStoreTest, APositionMovesOnlyFromWhereItStands) {
  const auto connection = database_->pool().Acquire();
  const int shards[] = {3};
  const auto leases = positions_.Acquire(**connection, "alarm", shards, std::chrono::milliseconds(2000));
  ASSERT_EQ(leases->size(), 1U);
  const PositionStep step{(*leases)[0], "5-0"};
  EXPECT_TRUE(store_.Run([&](Rows& rows) { return rows.Advance({&step, 1}); }).ok());
  EXPECT_TRUE(absl::IsAborted(store_.Run([&](Rows& rows) { return rows.Advance({&step, 1}); })));
}

TEST_F(PostgresStoreTest, ASilentDeviceJoinsTheOpenAlertOfItsUnitForSomeMinutes) {
  Alert drawn = Drawn("silent");
  drawn.key.kind = "device_offline";
  drawn.technical = true;
  const Alert alert = RaiseOne(drawn);
  const Responsible answer{alert.principal, alert.unit, {}, "", ""};
  const absl::Status done = store_.Run([&](Rows& rows) {
    EXPECT_FALSE(rows.SilenceToJoinLocked("device_offline", answer)->has_value()) << "nobody is silent";
    for (const char* device : {"s-1", "s-2"}) EXPECT_TRUE(rows.RememberSilence({device, "e", alert.id}).ok());
    EXPECT_EQ(rows.SilenceToJoinLocked("device_offline", answer)->value().id, alert.id);
    EXPECT_FALSE(rows.SilenceToJoinLocked("device_never_seen", answer)->has_value());
    EXPECT_EQ(rows.SilenceLocked("s-2")->value().episode, "e");
    EXPECT_EQ(*rows.StillSilent(alert.id), 2);
    EXPECT_TRUE(rows.ForgetSilence("s-1").ok());
    EXPECT_FALSE(rows.SilenceLocked("s-1")->has_value());
    return absl::OkStatus();
  });
  ASSERT_TRUE(done.ok()) << done;
  ASSERT_TRUE(AcceptOne(alert.id, "anna").ok());
  EXPECT_TRUE(store_
                  .Run([&](Rows& rows) {
                    EXPECT_FALSE(rows.SilenceToJoinLocked("device_offline", answer)->has_value()) << "one, answered";
                    for (int i = 3; i <= 6; ++i) {
                      EXPECT_TRUE(rows.RememberSilence({"s-" + std::to_string(i), "e", alert.id}).ok());
                    }
                    EXPECT_TRUE(rows.SilenceToJoinLocked("device_offline", answer)->has_value()) << "many";
                    return absl::OkStatus();
                  })
                  .ok());
  ASSERT_TRUE(Sql("update silences set at = clock_timestamp() - interval '11 minutes'").ok());
  EXPECT_TRUE(store_
                  .Run([&](Rows& rows) {
                    EXPECT_FALSE(rows.SilenceToJoinLocked("device_offline", answer)->has_value()) << "long ago";
                    return absl::OkStatus();
                  })
                  .ok());
}

}  // namespace
}  // namespace nara::alert
