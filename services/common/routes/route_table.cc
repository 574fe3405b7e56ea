#include "common/routes/route_table.h"

#include <shared_mutex>

namespace nara {

ChainTable::Pointer ChainTable::Current(const std::string& unit) const {
  const std::shared_lock lock(mutex());
  const auto found = newest_.find(unit);
  return found == newest_.end() ? nullptr : found->second;
}

void ChainTable::Stored(const Pointer& chain, const Pointer& /*previous*/) {
  Pointer& newest = newest_[chain->unit()];
  if (newest == nullptr || newest->version() <= chain->version()) newest = chain;
}

}  // namespace nara
