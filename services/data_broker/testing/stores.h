// The data broker on a real PostgreSQL and a real Redis, with the real tables of routes
// and rights.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/testing/servers.h"
#include "data_broker/postgres_history.h"
#include "data_broker/redis_logs.h"
#include "data_broker/table_audience.h"
#include "data_broker/testing/broker_rig.h"

namespace nara::broker::testing {

inline registry::v1::Responsibility CareBy(const std::string& unit, std::int64_t since) {
  registry::v1::Responsibility point;
  point.set_purpose(registry::v1::PURPOSE_CARE);
  point.mutable_since()->set_seconds(since);
  point.set_principal(unit.substr(5, 4));
  point.set_unit(unit);
  return point;
}

inline registry::v1::Route RouteOf(const std::string& device, std::uint64_t revision,
                                   const std::vector<registry::v1::Responsibility>& points) {
  registry::v1::Route route;
  route.set_device(device);
  route.set_revision(revision);
  auto& assignment = *route.add_assignments();
  assignment.set_id("as-" + device);
  assignment.mutable_start_at()->set_seconds(kNoon - 1000);
  for (const auto& point : points) *assignment.add_responsibilities() = point;
  return route;
}

inline registry::v1::Client CareClient(const std::string& unit) {
  registry::v1::Client client;
  client.set_id(unit);
  client.set_role("care_unit");
  client.set_principal(unit.substr(5, 4));
  client.add_units(unit);
  return client;
}

class StoresTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto postgres = nara::testing::PostgresServer::Start();
    ASSERT_TRUE(postgres.ok()) << postgres.status();
    postgres_ = *std::move(postgres);
    ASSERT_TRUE(postgres_->CreateOwner("nara_broker", "broker").ok());
    auto redis = nara::testing::RedisServer::Start();
    ASSERT_TRUE(redis.ok()) << redis.status();
    redis_ = *std::move(redis);
    Connect();
    routes_.Apply(
        true, {RouteOf("a-1", 1, {CareBy(kUnitA, kNoon - 1000)}), RouteOf("b-1", 1, {CareBy(kUnitB, kNoon - 1000)})},
        1);
    clients_.Apply(true, {CareClient(kUnitA), CareClient(kUnitB)}, 1);
    Start();
  }
  void TearDown() override { rig_.reset(); }

  void Connect() {
    auto connection = RedisConnection::Connect({.address = redis_->address()});
    ASSERT_TRUE(connection.ok()) << connection.status();
    connection_ = *std::move(connection);
  }

  PostgresOptions Postgres() const {
    PostgresOptions options;
    options.conninfo = postgres_->conninfo("nara_broker");
    options.statement_timeout = statement_timeout_;
    return options;
  }

  // A new process on the same stores.
  void Start() {
    rig_.reset();
    store_ = std::make_unique<PostgresHistoryWriter>(Postgres(), "broker-" + std::to_string(++starts_),
                                                     std::chrono::seconds(1));
    reader_ = std::make_unique<PostgresHistoryReader>(Postgres(), 4);
    rig_ = std::make_unique<BrokerRig>(
        audience_, *reader_, *store_, [this] { return MakeRedisShelf({.address = redis_->address()}); },
        [this] { return std::make_unique<LogReader>(RedisOptions{redis_->address()}); }, options_);
    routes_.OnChange([this](const auto& routes) { rig_->relabeller().Changed(routes); });
    rig_->StartHistory();
    rig_->StartFeed();
  }

  void Append(const Say& say, Log log = Log::kMeasurement) {
    const std::string key = LogKey({.shard = ShardOf(say.device), .log = log});
    ASSERT_TRUE(connection_->Call({"XADD", key, "*", "r", PayloadOf(say)}).ok());
  }
  void AppendMany(const std::string& device, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t seq = from; seq <= to; ++seq) {
      Append({.device = device, .seq = seq, .at = kNoon + static_cast<std::int64_t>(seq)});
    }
  }
  static int ShardOf(const std::string& device) { return nara::ShardOf(device); }

  std::size_t Rows() {
    auto connection = PostgresConnection::Connect({.conninfo = postgres_->conninfo()});
    if (!connection.ok()) return 0;
    const auto result = (*connection)->Execute("select count(*) from broker.observations");
    return result.ok() ? static_cast<std::size_t>((*result)[0].Int64(0)) : 0;
  }
  // From now on each row takes 4 ms, and a statement of more than 60 rows too long.
  void SlowDown(const std::string& operation) {
    auto connection = PostgresConnection::Connect({.conninfo = postgres_->conninfo()});
    ASSERT_TRUE(connection.ok()) << connection.status();
    const absl::Status slow =
        (*connection)
            ->Run(
                "create function broker.slow() returns trigger language plpgsql as $$ begin "
                "perform pg_sleep(0.004); return new; end $$; "
                "create trigger slow before " +
                operation + " on broker.observations for each row execute function broker.slow()");
    ASSERT_TRUE(slow.ok()) << slow;
    statement_timeout_ = std::chrono::milliseconds(250);
    Start();
  }
  bool Stored(std::size_t rows) {
    return nara::testing::WaitFor([&] { return Rows() == rows; }, std::chrono::seconds(20));
  }
  static bool Got(const FakeWriter& stream, std::size_t count) {
    return nara::testing::WaitFor([&] { return stream.ids().size() >= count; }, std::chrono::seconds(20));
  }
  static std::vector<std::string> Ids(const std::string& device, std::uint64_t from, std::uint64_t to) {
    std::vector<std::string> ids;
    for (std::uint64_t seq = from; seq <= to; ++seq) {
      ids.push_back(device + "/m/00000000000000aa/" + std::to_string(seq));
    }
    return ids;
  }

  const std::string kUnitA = "care-1480-1";
  const std::string kUnitB = "care-1481-1";
  std::unique_ptr<nara::testing::PostgresServer> postgres_;
  std::unique_ptr<nara::testing::RedisServer> redis_;
  std::unique_ptr<RedisConnection> connection_;
  AccessTable clients_;
  ManualClock clock_{absl::Now()};
  RouteTable routes_{[this] { return SteadyTime(absl::ToChronoNanoseconds(clock_.Monotonic())); }};
  PrivacyTable privacy_{[] { return SteadyTime(); }};
  TableAudience audience_{routes_, clients_, privacy_, clock_};
  std::unique_ptr<PostgresHistoryWriter> store_;
  std::unique_ptr<PostgresHistoryReader> reader_;
  std::unique_ptr<BrokerRig> rig_;
  std::chrono::milliseconds statement_timeout_{5'000};
  RigOptions options_;  // from the next start on
  int starts_ = 0;
};

}  // namespace nara::broker::testing
