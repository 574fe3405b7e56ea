#include "common/access/access_table.h"

#include <openssl/sha.h>

#include <shared_mutex>

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
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

}  // namespace nara
