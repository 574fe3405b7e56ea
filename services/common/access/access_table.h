// Local copy of the registry's clients: who may call, in which role.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "common/routes/watched_table.h"
#include "nara/registry/v1/clients.pb.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara {

class AccessTable final : public WatchedTable<registry::v1::Client> {
 public:
  using WatchedTable::WatchedTable;

  // The client that holds the bearer token with this SHA-256 (hexadecimal,
  // lower case); null when nobody does. Revoked clients are found too.
  Pointer FindByTokenHash(const std::string& token_sha256) const;

 private:
  void Forget() override { by_token_.clear(); }
  void Stored(const Pointer& client, const Pointer& previous) override;

  std::unordered_map<std::string, std::string> by_token_;  // hash -> id, protected by mutex()
};

// SHA-256 of a bearer token as the registry stores it: lower-case hexadecimal.
std::string TokenHash(std::string_view token);

}  // namespace nara
