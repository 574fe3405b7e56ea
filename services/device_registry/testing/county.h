// A registry on a real PostgreSQL with a small county in it, for tests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/access/authorizer.h"
#include "common/catalogue/catalogue.h"
#include "common/testing/servers.h"
#include "common/time/clock.h"
#include "device_registry/assortment/assortment.h"
#include "device_registry/assortment/postgres_store.h"
#include "device_registry/chains/chains.h"
#include "device_registry/chains/plans.h"
#include "device_registry/chains/postgres_store.h"
#include "device_registry/change_follower.h"
#include "device_registry/feeds.h"
#include "device_registry/identity/identity.h"
#include "device_registry/identity/postgres_store.h"
#include "device_registry/identity_keys.h"
#include "device_registry/life_cycle/import.h"
#include "device_registry/life_cycle/life_cycle.h"
#include "device_registry/life_cycle/postgres_import.h"
#include "device_registry/life_cycle/postgres_store.h"
#include "device_registry/organisation/organisation.h"
#include "device_registry/organisation/postgres_store.h"
#include "device_registry/postgres_store.h"
#include "device_registry/privacy/postgres_store.h"
#include "device_registry/privacy/privacy.h"
#include "device_registry/registry.h"
#include "device_registry/residents/postgres_store.h"
#include "device_registry/residents/residents.h"
#include "device_registry/responsibility/assignments.h"
#include "device_registry/responsibility/costs.h"
#include "device_registry/responsibility/hand_overs.h"
#include "device_registry/responsibility/postgres_store.h"
#include "device_registry/testing/fakes.h"

namespace nara::registry::testing {

// The schema is made anew for each county; the server is one for the process.
class County {
 public:
  County();
  ~County();

  Registry& registry() { return *registry_; }
  Organisation& organisation() { return *organisation_; }
  Residents& residents() { return *residents_; }
  Assignments& assignments() { return *assignments_; }
  HandOvers& hand_overs() { return *hand_overs_; }
  LifeCycleStore& moves() { return *moves_; }
  PostgresCosts& cost_store() { return *cost_store_; }
  HandOverStore& hand_over_store() { return *hand_over_store_; }
  Costs& costs() { return *costs_; }
  LifeCycle& life_cycle() { return *life_cycle_; }
  PortalImport& portal_import() { return *portal_import_; }
  Assortment& assortment() { return *assortment_; }
  Identity& identity() { return *identity_; }
  PostgresIdentityStore& identity_store() { return *identity_store_; }
  Chains& chains() { return *chains_; }
  Plans& plans() { return *plans_; }
  Privacy& privacy() { return *privacy_; }
  // Short ones; nobody has any yet.
  AccessLeases& leases() { return leases_; }
  ManualClock& clock() { return clock_; }
  Database& database() { return *database_; }
  PostgresStore& store() { return *store_; }
  PostgresOrganisation& organisation_store() { return *organisation_store_; }
  PostgresResidents& resident_store() { return *resident_store_; }
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

  // Replaces the keys of identities, as after a restart with another file.
  void UseKeys(IdentityKeys keys) { keys_ = std::move(keys); }

  // Units care-1480-1, care-1480-2, alarm-1480, care-1490-1 and tech-14, of "provider of
  // 1480" and so on, which give health care; the callers above;
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
  const CostRules cost_rules_;
  ManualClock clock_{absl::Now()};
  Feeds feeds_;
  FakeCredentials credentials_;
  IdentityKeys keys_;
  std::unique_ptr<PostgresChanges> changes_;
  std::unique_ptr<ChangeFollower> follower_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<PostgresStore> store_;
  std::unique_ptr<PostgresOrganisation> organisation_store_;
  std::unique_ptr<PostgresResidents> resident_store_;
  std::unique_ptr<PostgresAssignments> assignment_store_;
  std::unique_ptr<PostgresHandOvers> hand_over_store_;
  std::unique_ptr<PostgresCosts> cost_store_;
  std::unique_ptr<Authorizer> authorizer_;
  std::unique_ptr<Rights> rights_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Organisation> organisation_;
  std::unique_ptr<Residents> residents_;
  std::unique_ptr<Assignments> assignments_;
  std::unique_ptr<HandOvers> hand_overs_;
  std::unique_ptr<Costs> costs_;
  std::unique_ptr<PostgresLifeCycle> moves_;
  std::unique_ptr<LifeCycle> life_cycle_;
  std::unique_ptr<PostgresAssortment> choices_;
  std::unique_ptr<Assortment> assortment_;
  std::unique_ptr<PostgresImport> imports_;
  std::unique_ptr<PortalImport> portal_import_;
  std::unique_ptr<PostgresIdentityStore> identity_store_;
  std::unique_ptr<Identity> identity_;
  std::unique_ptr<PostgresChainStore> chain_store_;
  std::unique_ptr<PostgresPlanStore> plan_store_;
  std::unique_ptr<Chains> chains_;
  std::unique_ptr<Plans> plans_;
  AccessLeases leases_{{.lease = std::chrono::milliseconds(300)}};
  std::unique_ptr<PostgresPrivacyStore> privacy_store_;
  std::unique_ptr<Privacy> privacy_;
};

google::protobuf::Timestamp At(std::int64_t seconds);

// A key file with these keys, the newest first, and always the same one for searching.
IdentityKeys KeysOf(const std::vector<std::string>& ids);

}  // namespace nara::registry::testing
