#include "device_registry/care.h"

#include <vector>

namespace nara::registry {

absl::Status CheckCare(const Rights& rights, Store& store, const Caller& caller, Action action,
                       const std::string& resident, When when) {
  const absl::StatusOr<std::optional<Answerers>> found = store.FindAnswerers(resident);
  if (!found.ok()) return found.status();
  const Answerers answerers = found->value_or(Answerers{});
  std::vector<Object> faces = {OfPrincipal(answerers.principal)};
  for (const v1::Responsibility& care : when == When::kNow ? answerers.care : answerers.care_before) {
    faces.push_back({.principal = care.principal(), .unit = care.unit(), .owner = {}, .receivers = {}});
  }
  absl::Status status = rights.CheckAny(caller, action, faces, "resident", resident);
  if (!status.ok()) return status;
  return found->has_value() ? status : NotThere("resident", resident);
}

}  // namespace nara::registry
