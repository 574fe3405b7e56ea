// Who pays: rules over what is known, and the exceptions that a payer approved.
//
// Thread-safe when its ports are.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/catalogue/catalogue.h"
#include "common/time/clock.h"
#include "device_registry/responsibility/answering.h"
#include "device_registry/responsibility/cost_rules.h"
#include "device_registry/responsibility/store.h"

namespace nara::registry {

class Costs {
 public:
  struct Deps {
    CostStore& store;
    AssignmentStore& assignments;
    Store& registry;  // devices, units
    const Rights& rights;
    const Catalogue& catalogue;
    const CostRules& rules;
    const Clock& clock;
    std::function<std::string()> new_id;
  };

  explicit Costs(Deps deps) : deps_(std::move(deps)), answering_(deps_.registry, deps_.rights) {}

  // For who answers for CARE.
  absl::StatusOr<v1::PutCostFactsResponse> PutCostFacts(const Caller& caller, const v1::PutCostFactsRequest& request);
  // For the payer that it names, when the assignment is of its reach: it answers, its
  // region's municipality does, or it owns the device.
  absl::StatusOr<v1::PutCostExceptionResponse> PutCostException(const Caller& caller,
                                                                const v1::PutCostExceptionRequest& request);
  // For who answers, the device's owner, and the payer.
  absl::StatusOr<v1::GetCostResponse> GetCost(const Caller& caller, const v1::GetCostRequest& request);

 private:
  absl::StatusOr<v1::Device> DeviceOf(const std::string& id);
  // Of an assignment's device. Not inside a write, which holds one connection alone.
  absl::StatusOr<std::string> OwnerOf(const std::string& assignment);
  absl::StatusOr<v1::Cost> CostAt(const v1::Assignment& assignment, const v1::Device& device,
                                  const google::protobuf::Timestamp& at);
  absl::Status CheckPrincipal(const std::string& field, const std::string& id) const;

  const Deps deps_;
  Answering answering_;
};

}  // namespace nara::registry
