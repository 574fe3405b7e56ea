// Who may call. Thread-safe when its ports are.
#pragma once

#include "absl/status/statusor.h"
#include "common/access/authorizer.h"
#include "device_registry/privacy/store.h"
#include "device_registry/rights.h"
#include "nara/registry/v1/clients.pb.h"

namespace nara::registry {

class Privacy {
 public:
  struct Deps {
    PrivacyStore& store;
    const Authorizer& authorizer;
  };

  explicit Privacy(Deps deps) : deps_(deps), rights_(deps.authorizer) {}

  // For who may make clients.
  absl::StatusOr<v1::ListClientsResponse> ListClients(const Caller& caller, const v1::ListClientsRequest& request);

 private:
  const Deps deps_;
  const Rights rights_;
};

}  // namespace nara::registry
