// What the area's rules need from PostgreSQL. As Store (ports.h): thread-safe, what is
// not there is absent, each write is one transaction with one revision and its audit.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/chains/reach.h"
#include "device_registry/ports.h"

namespace nara::registry {

// Ask the rules inside the transaction that writes; an error refuses the write.
// With the clients that a chain's steps name, by id; what is not there is missing.
using ReceiverGuard = std::function<absl::Status(const std::map<std::string, v1::Client>& receivers)>;
// With the client that is to be a receiver.
using ClientGuard = std::function<absl::Status(const v1::Client& client)>;
// With the device as it is; `now` is the transaction's.
using RouteGuard = std::function<absl::Status(const v1::Route& route, const google::protobuf::Timestamp& now)>;

struct ReceiverQuery {
  Visible visible;
  std::string principal;  // empty: all
  std::string after;
  int limit = 0;
};

class ChainStore {
 public:
  virtual ~ChainStore() = default;

  // Version 0: the newest.
  virtual absl::StatusOr<std::optional<v1::Chain>> FindChain(const std::string& unit, std::uint32_t version) = 0;
  // The version that was in force at an instant; in the future the newest.
  virtual absl::StatusOr<std::optional<v1::Chain>> FindChainAt(const std::string& unit, absl::Time at) = 0;
  // The newest of each unit that has one.
  virtual absl::StatusOr<std::map<std::string, v1::Chain>> NewestChains(const std::vector<std::string>& units) = 0;
  // Which of these units answer for alarms now.
  virtual absl::StatusOr<std::set<std::string>> AnsweringForAlarms(const std::vector<std::string>& units) = 0;
  // The clients among them that may call, with what is known of them.
  virtual absl::StatusOr<KnownReceivers> FindReceivers(const std::vector<std::string>& ids) = 0;
  virtual absl::StatusOr<std::vector<v1::Receiver>> ListReceivers(const ReceiverQuery& query) = 0;
  virtual absl::StatusOr<std::optional<v1::Route>> FindRoute(const std::string& device) = 0;

  virtual absl::StatusOr<v1::Chain> PutChain(const Actor& actor, const v1::Chain& chain,
                                             const ReceiverGuard& guard) = 0;
  virtual absl::StatusOr<v1::Receiver> PutReceiver(const Actor& actor, const v1::Receiver& receiver,
                                                   const ClientGuard& guard) = 0;
  virtual absl::Status SetLead(const Actor& actor, const v1::SetChainLeadRequest& request, const RouteGuard& guard) = 0;
};

class PlanStore {
 public:
  virtual ~PlanStore() = default;

  // Version 0: the newest.
  virtual absl::StatusOr<std::optional<v1::Plan>> FindPlan(const std::string& resident, std::uint32_t version) = 0;
  // By version, after that one.
  virtual absl::StatusOr<std::vector<v1::Plan>> ListPlans(const std::string& resident, std::uint32_t after,
                                                          int limit) = 0;

  virtual absl::StatusOr<v1::Plan> PutPlan(const Actor& actor, const v1::Plan& plan) = 0;
};

}  // namespace nara::registry
