// The registry over gRPC: who calls, which method, which stream. No rules in here.
#pragma once

#include <memory>

#include "common/access/authorizer.h"
#include "common/rpc/worker_pool.h"
#include "device_registry/assortment/assortment.h"
#include "device_registry/audit/audit.h"
#include "device_registry/chains/chains.h"
#include "device_registry/chains/plans.h"
#include "device_registry/feeds.h"
#include "device_registry/identity/identity.h"
#include "device_registry/life_cycle/import.h"
#include "device_registry/life_cycle/life_cycle.h"
#include "device_registry/metrics.h"
#include "device_registry/organisation/organisation.h"
#include "device_registry/privacy/privacy.h"
#include "device_registry/registry.h"
#include "device_registry/residents/residents.h"
#include "device_registry/responsibility/assignments.h"
#include "device_registry/responsibility/costs.h"
#include "device_registry/responsibility/hand_overs.h"

namespace grpc {
class Service;
}

namespace nara::registry {

struct GrpcDeps {
  Registry& registry;
  Organisation& organisation;
  Residents& residents;
  Assignments& assignments;
  HandOvers& hand_overs;
  Costs& costs;
  LifeCycle& life_cycle;
  PortalImport& portal_import;
  Assortment& assortment;
  Identity& identity;
  Privacy& privacy;
  Chains& chains;
  Plans& plans;
  Audit& audit;
  Feeds& feeds;
  const Authorizer& authorizer;
  Metrics& metrics;
  rpc::WorkerPool& workers;
};

// Everything in `deps` must outlive it.
std::shared_ptr<grpc::Service> MakeGrpcService(GrpcDeps deps);

}  // namespace nara::registry
