#include "gateway/http/sessions.h"

#include "common/access/access_table.h"
#include "common/hash/random.h"

namespace nara::gateway {

std::string Sessions::Open(const Caller& client) {
  const std::string cookie = RandomHex(32);
  const std::lock_guard lock(mutex_);
  MakeRoomFor(client.id);
  by_hash_[TokenHash(cookie)] = {client.id, client.token_sha256, clock_.Now() + kLifetime};
  return cookie;
}

void Sessions::MakeRoomFor(const std::string& client) {
  std::size_t of_client = 0;
  auto oldest = by_hash_.end();
  auto oldest_of_client = by_hash_.end();
  for (auto session = by_hash_.begin(); session != by_hash_.end(); ++session) {
    const auto older = [&](auto than) { return than == by_hash_.end() || session->second.ends < than->second.ends; };
    if (older(oldest)) oldest = session;
    if (session->second.client != client) continue;
    ++of_client;
    if (older(oldest_of_client)) oldest_of_client = session;
  }
  if (of_client >= kMostOfOneClient) {
    by_hash_.erase(oldest_of_client);
  } else if (by_hash_.size() >= kMost) {
    by_hash_.erase(oldest);
  }
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
