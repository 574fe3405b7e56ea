// The rules of a device's way: who may move it, when, and what verifies it. Each method
// is one call of proto/nara/registry/v1; the moves themselves are machine.h's table.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "common/catalogue/catalogue.h"
#include "common/time/clock.h"
#include "device_registry/life_cycle/store.h"
#include "device_registry/ports.h"
#include "device_registry/rights.h"
#include "nara/registry/v1/life_cycle.pb.h"

namespace nara::registry {

// Thread-safe when its ports are.
class LifeCycle {
 public:
  struct Deps {
    Store& store;
    LifeCycleStore& moves;
    const Catalogue& catalogue;
    const Authorizer& authorizer;
    const Clock& clock;
    // A fresh random id.
    std::function<std::string()> new_id;
  };

  explicit LifeCycle(Deps deps) : deps_(std::move(deps)), rights_(deps_.authorizer) {}

  absl::StatusOr<v1::MoveDeviceResponse> MoveDevice(const Caller& caller, const v1::MoveDeviceRequest& request);
  absl::StatusOr<v1::ListDeviceHistoryResponse> ListDeviceHistory(const Caller& caller,
                                                                  const v1::ListDeviceHistoryRequest& request);
  absl::StatusOr<v1::ConfirmTestResponse> ConfirmTest(const Caller& caller, const v1::ConfirmTestRequest& request);

 private:
  // The device as the caller may touch it, else that it is not there.
  absl::StatusOr<v1::Device> FindDevice(const Caller& caller, Action action, const std::string& id);

  const Deps deps_;
  const Rights rights_;
};

}  // namespace nara::registry
