#include "common/access/access_table.h"

#include <shared_mutex>

#include "common/hash/sha256.h"

namespace nara {

AccessTable::Pointer AccessTable::FindByTokenHash(const std::string& token_sha256) const {
  const std::shared_lock lock(mutex());
  const auto found = by_token_.find(token_sha256);
  return found == by_token_.end() ? nullptr : FindLocked(found->second);
}

void AccessTable::Stored(const Pointer& client, const Pointer& previous) {
  if (previous != nullptr) by_token_.erase(previous->token_sha256());
  if (!client->token_sha256().empty()) by_token_[client->token_sha256()] = client->id();
}

std::string TokenHash(std::string_view token) {
  return Sha256Hex(token);
}

}  // namespace nara
