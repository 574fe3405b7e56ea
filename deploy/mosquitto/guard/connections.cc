#include "deploy/mosquitto/guard/connections.h"

#include <utility>

namespace nara::guard {

std::optional<std::string> Connections::Opened(std::string_view client_id, const void* client, std::string_view serial,
                                               std::string_view network) {
  Connection opened{client, std::string(serial), std::string(network)};
  const auto [place, fresh] = by_id_.try_emplace(std::string(client_id), opened);
  if (fresh) return std::nullopt;
  std::swap(place->second, opened);
  return std::move(opened.network);
}

void Connections::Closed(std::string_view client_id, const void* client) {
  const auto found = by_id_.find(client_id);
  if (found != by_id_.end() && found->second.client == client) by_id_.erase(found);
}

bool Connections::Has(std::string_view client_id, const void* client) const {
  const auto found = by_id_.find(client_id);
  return found != by_id_.end() && found->second.client == client;
}

std::vector<std::string> Connections::Which(const Filter& filter) const {
  std::vector<std::string> ids;
  for (const auto& [id, connection] : by_id_) {
    if (filter(id, connection.serial)) ids.push_back(id);
  }
  return ids;
}

}  // namespace nara::guard
