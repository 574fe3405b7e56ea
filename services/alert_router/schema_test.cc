// A database that an older router has written to.
#include "alert_router/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert_router/postgres_store.h"
#include "alert_router/testing/database.h"

namespace nara::alert {
namespace {

constexpr char kAlertOfOld[] = R"sql(
insert into alerts values ('a1', 'disp-1', 'dose_missed', '1', 'r', '1480', 'u', 'dosell', 'e1', 1, '{centre}', '{60}', 0,
  2, 2, false, false, false, 2, false, now(), now(), now() + interval '1 h', now() + interval '1 min', 'centre', '');
insert into early_ends (device, kind, episode, ended_by, event_id) values ('disp-1', 'dose_missed', '2', 'dose_taken', 'e2');
)sql";

TEST(Schema, AnAlertOfBeforeTheAssignmentsIsStillThere) {
  const auto database = testing::Database::StartAt(1);
  ASSERT_NE(database, nullptr);
  {
    const auto connection = PostgresConnection::Connect(database->options());
    ASSERT_TRUE(connection.ok()) << connection.status();
    ASSERT_TRUE((*connection)->Run(kAlertOfOld).ok());
    const absl::Status migrated = Migrate(**connection, "alerts", Migrations());
    ASSERT_TRUE(migrated.ok()) << migrated;
  }
  const LogPositions positions("router-1");
  PostgresStore store(database->pool(), positions);
  const auto found = store.Get("a1");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->alert.key.episode, "1");
  EXPECT_EQ(found->alert.key.assignment, "");
  EXPECT_EQ(found->alert.state, State::kOffered);
}

}  // namespace
}  // namespace nara::alert
