// A database that an older registry has written to.
#include "device_registry/schema.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/postgres/connection.h"
#include "common/testing/servers.h"

namespace nara::registry {
namespace {

constexpr char kOfOld[] = R"sql(
insert into principals values ('1480', 'Göteborg', '', 1, 1, 1);
insert into units values ('care-1', '1480', 'Hemtjänst', 'Centrum', '{1}');
insert into devices (id, product, owner, fallback_unit, serial, revision) values
  ('d-1', 'bp-meter', '1480', 'care-1', 's1', 1), ('d-2', 'bp-meter', '1480', 'care-1', 's2', 1);
insert into residents values ('r-1', '1480');
insert into chains (unit, version, revision) values ('care-1', 1, 1);
insert into chain_steps (unit, version, step, receiver, accept_seconds) values
  ('care-1', 1, 1, 'first', 60), ('care-1', 1, 2, 'last', 60);
begin;
insert into assignments (id, device, device_number, resident, period, regime)
  select 'a-1', id, number, 'r-1', tstzrange(now() - interval '1 day', null), 1 from devices where id = 'd-1';
insert into responsibilities (assignment, purpose, since, principal, provider, unit, revision)
  select id, purpose, start_at, '1480', 'Hemtjänst', 'care-1', 2 from assignments, (values (1), (2)) as p (purpose);
commit;
update revision set value = 2;
)sql";

class SchemaTest : public ::testing::Test {
 protected:
  SchemaTest() : server_(nara::testing::PostgresServer::Start({.fsync = false, .config = {}}).value()) {
    EXPECT_TRUE(server_->CreateOwner("nara_registry", "registry").ok());
    PostgresOptions options;
    options.conninfo = server_->conninfo("nara_registry");
    options.schema = "registry";
    auto connection = PostgresConnection::Connect(options);
    EXPECT_TRUE(connection.ok()) << connection.status();
    connection_ = *std::move(connection);
  }

  std::string Ask(const std::string& sql) {
    const absl::StatusOr<Result> result = connection_->Execute(sql);
    return result.ok() ? (*result)[0].String(0) : std::string(result.status().message());
  }

  std::unique_ptr<nara::testing::PostgresServer> server_;
  std::unique_ptr<PostgresConnection> connection_;
};

TEST_F(SchemaTest, WhatWasThereBeforeTheAreasIsThereInAllOfThem) {
  ASSERT_TRUE(Migrate(*connection_, "registry", Migrations().first(2)).ok());
  const absl::Status filled = connection_->Run(kOfOld);
  ASSERT_TRUE(filled.ok()) << filled;
  const absl::Status migrated = Migrate(*connection_, "registry", Migrations());
  ASSERT_TRUE(migrated.ok()) << migrated;
  EXPECT_EQ(Ask("select string_agg(id || ' ' || state, ', ' order by id) from devices"), "d-1 5, d-2 1")
      << "what is assigned is handed out, the rest in stock";
  EXPECT_EQ(Ask("select string_agg(id, ', ') from providers"), "Hemtjänst");
  EXPECT_EQ(Ask("select string_agg(receiver, ', ') from chain_steps where fallback"), "last");
  EXPECT_EQ(Ask("select fallback_step || ' ' || lead from chains, devices where id = 'd-1'"), "2 1");
  EXPECT_EQ(Ask("select string_agg(id || ' ' || ground, ', ') from assignments where test_epoch is null"), "a-1 1");
}

}  // namespace
}  // namespace nara::registry
