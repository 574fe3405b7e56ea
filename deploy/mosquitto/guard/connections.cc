#include "deploy/mosquitto/guard/connections.h"

namespace nara::guard {

void Connections::Opened(std::string_view client_id, const void* client) {
  by_id_.insert_or_assign(std::string(client_id), client);
}

void Connections::Closed(std::string_view client_id, const void* client) {
  const auto found = by_id_.find(client_id);
  if (found != by_id_.end() && found->second == client) by_id_.erase(found);
}

bool Connections::Has(std::string_view client_id, const void* client) const {
  const auto found = by_id_.find(client_id);
  return found != by_id_.end() && found->second == client;
}

}  // namespace nara::guard
