// A registry on a real PostgreSQL with a small county in it, for tests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/access/authorizer.h"
#include "common/catalogue/catalogue.h"
#include "common/testing/servers.h"
#include "common/time/clock.h"
#include "device_registry/chains/chains.h"
#include "device_registry/chains/plans.h"
#include "device_registry/chains/postgres_store.h"
#include "device_registry/change_follower.h"
#include "device_registry/feeds.h"
#include "device_registry/postgres_store.h"
#include "device_registry/registry.h"
#include "device_registry/testing/fakes.h"

namespace nara::registry::testing {

// The schema is made anew for each county; the server is one for the process.
class County {
 public:
  County();
  ~County();

  Registry& registry() { return *registry_; }
  Chains& chains() { return *chains_; }
  Plans& plans() { return *plans_; }
  ManualClock& clock() { return clock_; }
  Database& database() { return *database_; }
  PostgresStore& store() { return *store_; }
  Feeds& feeds() { return feeds_; }
  ChangeFollower& follower() { return *follower_; }
  nara::testing::PostgresServer& server() { return server_; }
  const Catalogue& catalogue() const { return catalogue_; }

  // Waits until the watches show everything that was committed.
  bool CatchUp();

  // Callers of each kind: "admin", "chef-1480", "chef-1490", "hmc" (supplier of 14),
  // "watch" (operator), "care" (care-1480-1), "centre-1480", "centre-1490",
  // "county-fallback" (an alarm centre of the county), "ingest" (service).
  Caller As(const std::string& who) const;

  // Units care-1480-1, care-1480-2, alarm-1480, care-1490-1 and tech-14; the callers above;
  // devices bp-0001 (bp-meter of 14) and disp-0001 (evondos of 1480); residents r-1
  // and r-2 of 1480, r-9 of 1490.
  void Fill();

  // Assigns a device to a resident of 1480, from `start` seconds (0: now).
  absl::StatusOr<v1::Assignment> Assign(const std::string& id, const std::string& device, const std::string& resident,
                                        std::int64_t start = 0, bool end_running = false);

  // One value of a query as superuser, for looking behind the registry.
  std::string Ask(const std::string& sql);
  // The error of a statement that the schema itself should refuse, or "".
  std::string Try(const std::string& script);

 private:
  static nara::testing::PostgresServer& Server();

  nara::testing::PostgresServer& server_;
  const Catalogue catalogue_;
  ManualClock clock_{absl::Now()};
  Feeds feeds_;
  FakeCredentials credentials_;
  std::unique_ptr<PostgresChanges> changes_;
  std::unique_ptr<ChangeFollower> follower_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<PostgresStore> store_;
  std::unique_ptr<Authorizer> authorizer_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<PostgresChainStore> chain_store_;
  std::unique_ptr<PostgresPlanStore> plan_store_;
  std::unique_ptr<Chains> chains_;
  std::unique_ptr<Plans> plans_;
};

google::protobuf::Timestamp At(std::int64_t seconds);

}  // namespace nara::registry::testing
