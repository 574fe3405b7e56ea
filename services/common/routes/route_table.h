// Local copies of the registry's routes, chains and plans.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "common/routes/watched_table.h"
#include "nara/registry/v1/chains.pb.h"
#include "nara/registry/v1/plans.pb.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara {

// RouteTable holds the timeline of each device: `Find(device)`.
class RouteTable final : public WatchedTable<registry::v1::Route> {
 public:
  using WatchedTable::WatchedTable;
};

// ChainTable holds every version of every unit's alarm chain: an alert keeps
// the version that it began with.
class ChainTable final : public WatchedTable<registry::v1::Chain> {
 public:
  using WatchedTable::WatchedTable;

  // The newest version; null when the unit has no chain.
  Pointer Current(const std::string& unit) const;

 private:
  void Forget() override { newest_.clear(); }
  void Stored(const Pointer& chain, const Pointer& previous) override;

  std::unordered_map<std::string, Pointer> newest_;  // protected by mutex()
};

// PlanTable holds the newest version of each resident's plan: `Find(resident)`.
class PlanTable final : public WatchedTable<registry::v1::Plan> {
 public:
  using WatchedTable::WatchedTable;
};

}  // namespace nara
