#include "ingest/expectation.h"

#include "common/routes/timeline.h"
#include "common/time/proto_time.h"

namespace nara::ingest {
namespace {

bool IsWithItsUser(registry::v1::DeviceState state) {
  return state == registry::v1::DEVICE_STATE_HANDED_OUT || state == registry::v1::DEVICE_STATE_VERIFIED ||
         state == registry::v1::DEVICE_STATE_IN_USE;
}

}  // namespace

Expectation ExpectationOf(const registry::v1::Route& route, const Catalogue& catalogue, absl::Time now) {
  const Product* product = catalogue.FindProduct(route.product());
  const registry::v1::Assignment* assignment = AssignmentAt(route, nara::ToProto(now));
  if (product == nullptr || !product->connected || assignment == nullptr || !IsWithItsUser(route.state())) return {};
  return {.expected = true,
          .interval = 1'000 * static_cast<std::int64_t>(product->contact_interval.count()),
          .since = absl::ToUnixMillis(FromProto(assignment->start_at())),
          .paused = AbsentAt(*assignment, nara::ToProto(now)) != nullptr};
}

}  // namespace nara::ingest
