#include "device_registry/postgres_rows.h"

#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "common/time/proto_time.h"

namespace nara::registry {

v1::Unit UnitOf(const Row& row) {
  v1::Unit unit;
  unit.set_id(row.String("id"));
  unit.set_principal(row.String("principal"));
  unit.set_provider(row.String("provider"));
  unit.set_name(row.String("name"));
  for (const std::string& regime : row.Strings("regimes")) {
    unit.add_regimes(static_cast<v1::Regime>(std::stoi(regime)));
  }
  return unit;
}

v1::Device DeviceOf(const Row& row) {
  v1::Device device;
  device.set_id(row.String("id"));
  device.set_product(row.String("product"));
  device.set_owner(row.String("owner"));
  device.set_fallback_unit(row.String("fallback_unit"));
  device.set_serial(row.String("serial"));
  device.set_lead(static_cast<v1::ChainLead>(row.Int("lead")));
  return device;
}

v1::Route RouteOf(const Row& row) {
  v1::Route route;
  route.set_device(row.String("id"));
  route.set_product(row.String("product"));
  route.set_owner(row.String("owner"));
  route.set_fallback_unit(row.String("fallback_unit"));
  route.set_lead(static_cast<v1::ChainLead>(row.Int("lead")));
  route.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
  return route;
}

v1::Client ClientOf(const Row& row) {
  v1::Client client;
  client.set_id(row.String("id"));
  client.set_role(row.String("role"));
  client.set_principal(row.OptionalString("principal").value_or(""));
  for (std::string& unit : row.Strings("units")) client.add_units(std::move(unit));
  client.set_token_sha256(row.OptionalString("token_sha256").value_or(""));
  client.set_revoked(row.Bool("revoked"));
  client.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
  return client;
}

google::protobuf::Timestamp TimestampOf(TimePoint time) {
  return ToProto(absl::FromChrono(time));
}

TimePoint TimePointOf(const google::protobuf::Timestamp& time) {
  return absl::ToChronoTime(FromProto(time));
}

std::vector<v1::Assignment> AssignmentsOf(const Result& assignments, const Result& points) {
  std::vector<v1::Assignment> all;
  std::map<std::string, std::size_t> index;
  for (const Row row : assignments) {
    v1::Assignment& assignment = all.emplace_back();
    assignment.set_id(row.String("id"));
    assignment.set_device(row.String("device"));
    assignment.set_resident(row.String("resident"));
    *assignment.mutable_start_at() = TimestampOf(row.Time("start_at"));
    if (const auto end = row.OptionalTime("end_at")) *assignment.mutable_end_at() = TimestampOf(*end);
    assignment.set_regime(static_cast<v1::Regime>(row.Int("regime")));
    index[assignment.id()] = all.size() - 1;
  }
  for (const Row row : points) {
    const auto found = index.find(row.String("assignment"));
    if (found == index.end()) continue;
    v1::Responsibility& point = *all[found->second].add_responsibilities();
    point.set_purpose(static_cast<v1::Purpose>(row.Int("purpose")));
    *point.mutable_since() = TimestampOf(row.Time("since"));
    point.set_principal(row.String("principal"));
    point.set_provider(row.String("provider"));
    point.set_unit(row.String("unit"));
  }
  return all;
}

}  // namespace nara::registry
