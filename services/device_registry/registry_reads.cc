// Checks and reads.
#include <utility>

#include "common/time/proto_time.h"
#include "device_registry/page.h"
#include "device_registry/registry.h"
#include "device_registry/validation.h"

namespace nara::registry {

absl::Status Registry::CheckOwners(const Caller& caller, Action action, const std::vector<std::string>& ids) {
  const auto devices = deps_.store.FindDevices(ids);
  if (!devices.ok()) return devices.status();
  for (const std::string& id : ids) {
    const auto found = devices->find(id);
    const Object object = OfOwner(found == devices->end() ? "" : found->second.owner());
    if (absl::Status status = rights_.Check(caller, action, object, "device", id); !status.ok()) return status;
    if (found == devices->end()) return NotThere("device", id);
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Unit> Registry::FindUnit(const std::string& id) {
  auto units = deps_.store.FindUnits({id});
  if (!units.ok()) return units.status();
  if (units->empty()) return NotThere("unit", id);
  return std::move(units->begin()->second);
}

absl::Status Registry::CheckWatch(const Caller& caller) const {
  return rights_.Check(caller, Action::kWatchRegistry, {}, "watch", "");
}

absl::StatusOr<v1::ListPrincipalsResponse> Registry::ListPrincipals(const Caller& caller,
                                                                    const v1::ListPrincipalsRequest& /*request*/) {
  if (absl::Status status = rights_.Check(caller, Action::kReadPrincipals, {}, "principal", ""); !status.ok())
    return status;
  const absl::StatusOr<std::vector<DeviceTally>> tallies = deps_.store.CountDevices();
  if (!tallies.ok()) return tallies.status();
  std::map<std::string, std::map<std::string, std::int64_t>> counts;
  for (const DeviceTally& tally : *tallies) {
    const Product* product = deps_.catalogue.FindProduct(tally.product);
    counts[tally.principal][product == nullptr ? tally.product : product->group] += tally.count;
  }
  v1::ListPrincipalsResponse response;
  for (const auto& [id, entry] : deps_.catalogue.principals()) {
    v1::Principal& principal = *response.add_principals();
    principal.set_id(id);
    principal.set_name(entry.name);
    principal.set_federation(entry.federation);
    principal.set_population(entry.population);
    principal.set_tile_col(entry.tile_col);
    principal.set_tile_row(entry.tile_row);
    for (const auto& [group, count] : counts[id]) {
      v1::DeviceCount& device_count = *principal.add_device_counts();
      device_count.set_group(group);
      device_count.set_count(count);
    }
  }
  return response;
}

absl::StatusOr<v1::GetDeviceResponse> Registry::GetDevice(const Caller& caller, const v1::GetDeviceRequest& request) {
  auto devices = deps_.store.FindDevices({request.device()});
  if (!devices.ok()) return devices.status();
  const auto found = devices->find(request.device());
  const std::vector<Object> faces =
      found == devices->end() ? std::vector<Object>{{}} : FacesOf(found->second, ToProto(deps_.clock.Now()));
  if (absl::Status status = rights_.CheckAny(caller, Action::kReadDevice, faces, "device", request.device());
      !status.ok()) {
    return status;
  }
  if (found == devices->end()) return NotThere("device", request.device());
  v1::GetDeviceResponse response;
  *response.mutable_device() = std::move(found->second);
  return response;
}

absl::StatusOr<v1::ListDevicesResponse> Registry::ListDevices(const Caller& caller,
                                                              const v1::ListDevicesRequest& request) {
  const absl::StatusOr<Visible> visible = rights_.Reach(caller, Action::kReadDevice);
  if (!visible.ok()) return visible.status();
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  auto devices = deps_.store.ListDevices({.visible = *visible,
                                          .principal = request.principal(),
                                          .product = request.product(),
                                          .after = page->after,
                                          .limit = page->limit()});
  if (!devices.ok()) return devices.status();
  v1::ListDevicesResponse response;
  response.set_next_page_token(CutPage(*devices, *page));
  for (v1::Device& device : *devices) *response.add_devices() = std::move(device);
  return response;
}

}  // namespace nara::registry
