#include "gateway/http/sessions.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "absl/strings/escaping.h"
#include "common/access/access_table.h"

namespace nara::gateway {

std::string Sessions::Open(const Caller& client) {
  std::array<unsigned char, 32> random;
  if (RAND_bytes(random.data(), random.size()) != 1) std::abort();  // no randomness: nothing may be signed in
  const std::string bytes(reinterpret_cast<const char*>(random.data()), random.size());
  const std::string cookie = absl::BytesToHexString(bytes);
  const std::lock_guard lock(mutex_);
  if (by_hash_.size() >= kMost) DropOldest();
  by_hash_[TokenHash(cookie)] = {client.id, client.token_sha256, clock_.Now() + kLifetime};
  return cookie;
}

void Sessions::DropOldest() {
  by_hash_.erase(std::min_element(by_hash_.begin(), by_hash_.end(),
                                  [](const auto& a, const auto& b) { return a.second.ends < b.second.ends; }));
}

std::optional<Caller> Sessions::ClientOf(const Session& session) const {
  auto client = authorizer_.Resolve(session.client);
  if (!client.ok() || client->token_sha256 != session.token_sha256 || session.ends <= clock_.Now()) return std::nullopt;
  return *std::move(client);
}

std::optional<Caller> Sessions::Find(const std::string& cookie) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_hash_.find(TokenHash(cookie));
  return found == by_hash_.end() ? std::nullopt : ClientOf(found->second);
}

void Sessions::EndStale() {
  const std::lock_guard lock(mutex_);
  std::erase_if(by_hash_, [this](const auto& entry) { return !ClientOf(entry.second); });
}

void Sessions::Close(const std::string& cookie) {
  const std::lock_guard lock(mutex_);
  by_hash_.erase(TokenHash(cookie));
}

}  // namespace nara::gateway
