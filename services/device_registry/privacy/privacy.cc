#include "device_registry/privacy/privacy.h"

#include <utility>
#include <vector>

#include "device_registry/page.h"

namespace nara::registry {

absl::StatusOr<v1::ListClientsResponse> Privacy::ListClients(const Caller& caller,
                                                             const v1::ListClientsRequest& request) {
  if (absl::Status status = rights_.Check(caller, Action::kWriteClient, {}, "client", request.client()); !status.ok()) {
    return status;
  }
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  absl::StatusOr<std::vector<v1::Client>> clients =
      deps_.store.ListClients({.client = request.client(), .after = page->after, .limit = page->limit()});
  if (!clients.ok()) return clients.status();
  v1::ListClientsResponse response;
  response.set_next_page_token(CutPage(*clients, *page));
  for (v1::Client& client : *clients) *response.add_clients() = std::move(client);
  return response;
}

}  // namespace nara::registry
