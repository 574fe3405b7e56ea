// The library against a real PostgreSQL.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "common/postgres/log_positions.h"
#include "common/postgres/migrate.h"
#include "common/postgres/pool.h"
#include "common/postgres/transaction.h"
#include "common/testing/servers.h"

namespace nara {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Postgres : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = testing::PostgresServer::Start().value().release();
    ASSERT_TRUE(server_->CreateOwner("nara_test", "test").ok());
  }
  static void TearDownTestSuite() { delete server_; }

  Postgres() : connection_(Open()) {
    EXPECT_TRUE(connection_->Run("drop owned by nara_test").ok());
    EXPECT_TRUE(server_->Run("create schema test authorization nara_test").ok());
  }

  static PostgresOptions Options() {
    return {.conninfo = server_->conninfo("nara_test"), .schema = "test", .application_name = "postgres_test"};
  }
  static std::unique_ptr<PostgresConnection> Open(PostgresOptions options = Options()) {
    return PostgresConnection::Connect(options).value();
  }

  static testing::PostgresServer* server_;
  std::unique_ptr<PostgresConnection> connection_;
};
testing::PostgresServer* Postgres::server_ = nullptr;

TEST_F(Postgres, GivesBackWhatWasGiven) {
  const TimePoint time = TimePoint(seconds(1'771'309'800)) + microseconds(123'456);
  const std::string bytes("\0\xff\\x", 4);
  const Result result = connection_
                            ->Execute(
                                "select $1::text as text, $2::bigint as number, $3::bool as yes, "
                                "$4::bytea as bytes, $5::timestamptz as at, $6::text[] as texts, $7::text as nothing",
                                {"åäö'\"\\", std::int64_t{-9'007'199'254'740'993}, true, Bytes{bytes}, time,
                                 std::vector<std::string>{"a,b", "\"{}\\", ""}, std::nullopt})
                            .value();
  ASSERT_EQ(result.size(), 1u);
  const Row row = result[0];
  EXPECT_EQ(row.Text("text"), "åäö'\"\\");
  EXPECT_EQ(row.Int64("number"), -9'007'199'254'740'993);
  EXPECT_TRUE(row.Bool("yes"));
  EXPECT_EQ(row.Bytes("bytes"), bytes);
  EXPECT_EQ(row.Time("at"), time);
  EXPECT_THAT(row.Strings("texts"), ElementsAre("a,b", "\"{}\\", ""));
  EXPECT_TRUE(row.IsNull("nothing"));
  EXPECT_EQ(row.OptionalString("nothing"), std::nullopt);
  EXPECT_EQ(row.OptionalTime("at"), time);
}

TEST_F(Postgres, TakesWholeBatchesAsArrays) {
  ASSERT_TRUE(connection_->Run("create table t (id int, name text)").ok());
  const Result result =
      connection_
          ->Execute("insert into t select * from unnest($1::int[], $2::text[])",
                    {std::vector<int>{1, 2}, std::vector<std::optional<std::string>>{"one", std::nullopt}})
          .value();
  EXPECT_EQ(result.affected(), 2u);
  EXPECT_EQ(connection_->Execute("select id from t where name is null").value()[0].Int(0), 2);
  EXPECT_TRUE(connection_->Execute("select 1 where $1::int[] = '{}'", {std::vector<int>{}}).value().size() == 1);
}

TEST_F(Postgres, SaysWhatWentWrongWithoutTheParameters) {
  ASSERT_TRUE(connection_->Run("create table t (id int constraint t_key primary key, age int check (age > 0))").ok());
  const auto insert = [&](int id, int age) {
    return connection_->Execute("insert into t values ($1, $2)", {id, age}).status();
  };
  EXPECT_TRUE(insert(4711, 1).ok());
  const absl::Status twice = insert(4711, 1);
  EXPECT_TRUE(absl::IsAlreadyExists(twice));
  EXPECT_EQ(SqlState(twice), "23505");
  EXPECT_EQ(ConstraintOf(twice), "t_key");
  EXPECT_THAT(std::string(twice.message()), Not(HasSubstr("4711")));
  EXPECT_TRUE(absl::IsFailedPrecondition(insert(2, -1)));
  EXPECT_TRUE(absl::IsInvalidArgument(connection_->Execute("select $1::int", {"x"}).status()));
  EXPECT_TRUE(absl::IsInternal(connection_->Execute("selct").status()));
  EXPECT_TRUE(absl::IsPermissionDenied(connection_->Run("create schema other")));
  EXPECT_TRUE(connection_->Execute("select 1").ok()) << "the connection is as good as before";
}

TEST_F(Postgres, EndsAStatementThatTakesTooLong) {
  PostgresOptions options = Options();
  options.statement_timeout = milliseconds(50);
  const auto connection = Open(options);
  EXPECT_TRUE(absl::IsDeadlineExceeded(connection->Execute("select pg_sleep(60)").status()));
  EXPECT_TRUE(connection->Execute("select 1").ok());
}

TEST_F(Postgres, TransactionsAreRolledBackUnlessCommitted) {
  ASSERT_TRUE(connection_->Run("create table t (id int primary key)").ok());
  const auto count = [&] { return connection_->Execute("select count(*) from t").value()[0].Int64(0); };
  {
    Transaction transaction = Transaction::Begin(*connection_).value();
    ASSERT_TRUE(transaction.Execute("insert into t values (1)").ok());
  }
  EXPECT_EQ(count(), 0);
  Transaction failed = Transaction::Begin(*connection_).value();
  ASSERT_TRUE(failed.Execute("insert into t values (1)").ok());
  ASSERT_FALSE(failed.Execute("insert into t values (1)").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(failed.Commit()));
  EXPECT_EQ(count(), 0);
  Transaction good = Transaction::Begin(*connection_).value();
  ASSERT_TRUE(good.Execute("insert into t values (1)").ok());
  EXPECT_TRUE(good.Commit().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(good.Commit()));
  EXPECT_EQ(count(), 1);
}

TEST_F(Postgres, TransactionsAreRunAgainUntilTheyFit) {
  ASSERT_TRUE(connection_->Run("create table t (n int); insert into t values (0)").ok());
  const auto add = [] {
    const auto connection = Open();
    for (int i = 0; i < 20; ++i) {
      const absl::Status status = RunTransaction(
          *connection, Isolation::kRepeatableRead,
          [](Transaction& transaction) {
            auto n = transaction.Execute("select n from t");
            if (!n.ok()) return n.status();
            return transaction.Execute("update t set n = $1", {(*n)[0].Int(0) + 1}).status();
          },
          1'000);
      EXPECT_TRUE(status.ok()) << status;
    }
  };
  {
    const std::jthread one(add);
    const std::jthread two(add);
  }
  EXPECT_EQ(connection_->Execute("select n from t").value()[0].Int(0), 40);
}

TEST_F(Postgres, APoolLendsNoMoreThanItHas) {
  PostgresPool pool(Options(), 2);
  auto one = pool.Acquire();
  ASSERT_TRUE(one.ok());
  {
    auto two = pool.Acquire();
    ASSERT_TRUE(two.ok());
    EXPECT_TRUE(absl::IsResourceExhausted(pool.Acquire(milliseconds(5)).status()));
    ASSERT_TRUE((*two)->Run("begin").ok());
  }
  const auto again = pool.Acquire(milliseconds(5));
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE((**again).in_transaction()) << "what was left in a transaction is thrown away";
}

constexpr Migration kFirst{1, "table", "create table t (id int); create table u (id int);"};
constexpr Migration kSecond{2, "column", "alter table t add column name text"};
constexpr Migration kBroken{2, "broken", "drop table u; select * from missing"};

TEST_F(Postgres, MigratesForwardAndRemembers) {
  const std::vector<Migration> one = {kFirst};
  const std::vector<Migration> two = {kFirst, kSecond};
  EXPECT_TRUE(Migrate(*connection_, "test", one).ok());
  EXPECT_TRUE(Migrate(*connection_, "test", two).ok());
  EXPECT_TRUE(Migrate(*connection_, "test", two).ok());
  EXPECT_TRUE(connection_->Execute("select name from test.t").ok());
  const absl::Status older = Migrate(*connection_, "test", one);
  EXPECT_TRUE(absl::IsFailedPrecondition(older));
  EXPECT_THAT(std::string(older.message()), HasSubstr("run a newer program"));
}

TEST_F(Postgres, AMigrationThatFailsChangesNothing) {
  EXPECT_FALSE(Migrate(*connection_, "test", std::vector<Migration>{kFirst, kBroken}).ok());
  EXPECT_FALSE(connection_->Execute("select * from test.u").ok());
  EXPECT_TRUE(Migrate(*connection_, "test", std::vector<Migration>{kFirst, kSecond}).ok());
}

TEST_F(Postgres, AMigrationIsNeverChanged) {
  EXPECT_TRUE(Migrate(*connection_, "test", std::vector<Migration>{kFirst}).ok());
  const Migration changed{1, "table", "create table t (id bigint)"};
  EXPECT_TRUE(absl::IsFailedPrecondition(Migrate(*connection_, "test", std::vector<Migration>{changed})));
  EXPECT_TRUE(absl::IsFailedPrecondition(Migrate(*connection_, "test", std::vector<Migration>{kFirst, kFirst})));
}

TEST_F(Postgres, TwoProcessesMigrateInTurn) {
  const auto migrate = [] { EXPECT_TRUE(Migrate(*Open(), "test", std::vector<Migration>{kFirst, kSecond}).ok()); };
  const std::jthread one(migrate);
  const std::jthread two(migrate);
}

class Positions : public Postgres {
 protected:
  Positions() { EXPECT_TRUE(connection_->Run(std::string(kLogPositionsSql)).ok()); }

  std::vector<ShardLease> Acquire(const LogPositions& who, std::vector<int> shards, milliseconds ttl = seconds(60)) {
    return who.Acquire(*connection_, "alarm", shards, ttl).value();
  }
  absl::Status Advance(const LogPositions& who, ShardLease lease, std::string to) {
    return RunTransaction(
        *connection_, Isolation::kReadCommitted,
        [&](Transaction& transaction) {
          const std::vector<PositionStep> steps = {{lease, to}};
          return who.Advance(transaction, steps);
        },
        1);
  }

  // The position of shard 0.
  std::string Stands() {
    return connection_->Execute("select position from log_positions where log = 'alarm' and shard = 0")
        .value()[0]
        .String(0);
  }

  const LogPositions anna_{"anna"};
  const LogPositions bert_{"bert"};
};

TEST_F(Positions, AShardHasOneHolderUntilItsLeaseEnds) {
  EXPECT_EQ(Acquire(anna_, {0, 1}).size(), 2u);
  EXPECT_EQ(Acquire(bert_, {1, 2}).size(), 1u);
  EXPECT_EQ(Acquire(anna_, {0, 1})[0].fence, 1) << "renewing keeps the fence";
  ASSERT_TRUE(anna_.Release(*connection_).ok());
  const std::vector<ShardLease> taken = Acquire(bert_, {1});
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].fence, 2);
}

TEST_F(Positions, EachStartHasAHolderOfItsOwn) {
  EXPECT_TRUE(UniqueHolder("router").starts_with("router-"));
  EXPECT_NE(UniqueHolder("router"), UniqueHolder("router"));
}

TEST_F(Positions, AnExpiredLeaseIsTaken) {
  Acquire(anna_, {0}, milliseconds(0));
  EXPECT_EQ(Acquire(bert_, {0}).size(), 1u);
}

TEST_F(Positions, OnlyTheHolderMovesAPositionAndOnlyFromWhereItIs) {
  ShardLease lease = Acquire(anna_, {0}, milliseconds(0))[0];
  EXPECT_EQ(lease.position, "0-0");
  EXPECT_TRUE(Advance(anna_, lease, "5-0").ok()) << "expired, but nobody took it";
  EXPECT_TRUE(absl::IsAborted(Advance(anna_, lease, "6-0"))) << "not from there";
  const ShardLease taken = Acquire(bert_, {0})[0];
  EXPECT_EQ(taken.position, "5-0");
  lease.position = "5-0";
  EXPECT_TRUE(absl::IsAborted(Advance(anna_, lease, "6-0"))) << "not any more";
  EXPECT_TRUE(Advance(bert_, taken, "7-0").ok());
  EXPECT_EQ(Stands(), "7-0");
}

TEST_F(Positions, OfOneTransactionMoveTogetherOrNotAtAll) {
  const std::vector<ShardLease> leases = Acquire(anna_, {0, 1});
  std::vector<PositionStep> steps = {{leases[0], "1-0"}, {leases[1], "1-0"}};
  steps[1].lease.fence = 9;
  Transaction transaction = Transaction::Begin(*connection_).value();
  EXPECT_TRUE(absl::IsAborted(anna_.Advance(transaction, steps)));
  ASSERT_TRUE(transaction.Rollback().ok());
  EXPECT_EQ(Stands(), "0-0");
}

TEST(PostgresLoss, SpendsTheConnectionAndThePoolMakesANewOne) {
  const auto server = testing::PostgresServer::Start({.fsync = true, .config = {}}).value();
  PostgresPool pool({.conninfo = server->conninfo(), .schema = "", .application_name = "loss"}, 1);
  {
    auto loan = pool.Acquire();
    ASSERT_TRUE((**loan).Run("create table public.t (id int)").ok());
    server->Kill9();
    EXPECT_TRUE(absl::IsUnavailable((**loan).Execute("select 1").status()));
    EXPECT_TRUE((**loan).broken());
  }
  EXPECT_TRUE(absl::IsUnavailable(pool.Acquire().status()));
  ASSERT_TRUE(server->Restart().ok());
  auto loan = pool.Acquire();
  ASSERT_TRUE(loan.ok()) << loan.status();
  EXPECT_TRUE((**loan).Execute("select * from public.t").ok());
}

}  // namespace
}  // namespace nara
