// The area's stores in PostgreSQL (schema.cc).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "device_registry/chains/store.h"
#include "device_registry/database.h"

namespace nara::registry {

class PostgresChainStore final : public ChainStore {
 public:
  // The database must outlive it.
  explicit PostgresChainStore(Database& database) : database_(database) {}

  absl::StatusOr<std::optional<v1::Chain>> FindChain(const std::string& unit, std::uint32_t version) override;
  absl::StatusOr<std::optional<v1::Chain>> FindChainAt(const std::string& unit, absl::Time at) override;
  absl::StatusOr<std::map<std::string, v1::Chain>> NewestChains(const std::vector<std::string>& units) override;
  absl::StatusOr<std::set<std::string>> AnsweringForAlarms(const std::vector<std::string>& units) override;
  absl::StatusOr<KnownReceivers> FindReceivers(const std::vector<std::string>& ids) override;
  absl::StatusOr<std::vector<v1::Receiver>> ListReceivers(const ReceiverQuery& query) override;
  absl::StatusOr<std::optional<v1::Route>> FindRoute(const std::string& device) override;

  absl::StatusOr<v1::Chain> PutChain(const Actor& actor, const v1::Chain& chain, const ReceiverGuard& guard) override;
  absl::StatusOr<v1::Receiver> PutReceiver(const Actor& actor, const v1::Receiver& receiver,
                                           const ClientGuard& guard) override;
  absl::Status SetLead(const Actor& actor, const v1::SetChainLeadRequest& request, const RouteGuard& guard) override;

 private:
  Database& database_;
};

class PostgresPlanStore final : public PlanStore {
 public:
  // The database must outlive it.
  explicit PostgresPlanStore(Database& database) : database_(database) {}

  absl::StatusOr<std::optional<v1::Plan>> FindPlan(const std::string& resident, std::uint32_t version) override;
  absl::StatusOr<std::vector<v1::Plan>> ListPlans(const std::string& resident, std::uint32_t after, int limit) override;

  absl::StatusOr<v1::Plan> PutPlan(const Actor& actor, const v1::Plan& plan) override;

 private:
  Database& database_;
};

}  // namespace nara::registry
