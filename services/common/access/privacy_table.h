// Local copy of what residents let others see: their consents and blocks, and how far
// this copy may be trusted.
//
// Rights of this copy carry care data across providers only while the registry counts
// on us (docs/decisions/0011-blocks.md): a question that was answered says that, from
// when it was asked. That a message came says less, since it may have waited.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/routes/watched_table.h"
#include "nara/registry/v1/privacy.pb.h"

namespace nara {

class PrivacyTable final : public WatchedTable<registry::v1::ResidentPrivacy> {
 public:
  using WatchedTable::WatchedTable;

  // Residents with a consent, whether or not it holds now, that names this recipient.
  // Exactly one of the three is set.
  std::set<std::string> Naming(const registry::v1::ConsentRecipient& recipient) const;

  // The registry has answered what was asked at `asked_at`: it knows what this table
  // shows, and waits for us.
  void Confirmed(SteadyTime asked_at);

  // True when such a question was asked within `limit`, and the table shows a whole
  // state.
  bool current(std::chrono::nanoseconds limit) const;

 private:
  void Forget() override { named_.clear(); }
  void Stored(const Pointer& privacy, const Pointer& previous) override;

  // Protected by mutex().
  std::unordered_map<std::string, std::set<std::string>> named_;  // recipient -> residents
  std::optional<SteadyTime> confirmed_;
};

}  // namespace nara
