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
  unit.set_hsa_id(row.String("hsa_id"));
  unit.set_kind(static_cast<v1::UnitKind>(row.Int("kind")));
  unit.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
  return unit;
}

v1::Device DeviceOf(const Row& row) {
  v1::Device device;
  device.set_id(row.String("id"));
  device.set_product(row.String("product"));
  device.set_owner(row.String("owner"));
  device.set_fallback_unit(row.String("fallback_unit"));
  device.set_serial(row.String("serial"));
  device.set_owner_kind(static_cast<v1::OwnerKind>(row.Int("owner_kind")));
  device.set_state(static_cast<v1::DeviceState>(row.Int("state")));
  device.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
  device.set_controller(row.OptionalString("controller").value_or(""));
  device.set_lead(static_cast<v1::ChainLead>(row.Int("lead")));
  return device;
}

v1::Route RouteOf(const Row& row) {
  v1::Route route;
  route.set_device(row.String("id"));
  route.set_product(row.String("product"));
  route.set_owner(row.String("owner"));
  route.set_fallback_unit(row.String("fallback_unit"));
  route.set_state(static_cast<v1::DeviceState>(row.Int("state")));
  route.set_lead(static_cast<v1::ChainLead>(row.Int("lead")));
  route.set_controller(row.OptionalString("controller").value_or(""));
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
  for (std::string& scope : row.Strings("scopes")) client.add_scopes(std::move(scope));
  client.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
  return client;
}

namespace {

v1::CommissioningTest TestOf(const Row& row) {
  v1::CommissioningTest test;
  test.set_epoch(static_cast<std::uint64_t>(row.Int64("test_epoch")));
  test.set_seq(static_cast<std::uint64_t>(row.Int64("test_seq")));
  *test.mutable_at() = ToProto(row.Time("test_at"));
  return test;
}

}  // namespace

std::vector<v1::Assignment> AssignmentsOf(const Result& assignments, const Result& points) {
  std::vector<v1::Assignment> all;
  std::map<std::string, std::size_t> index;
  for (const Row row : assignments) {
    v1::Assignment& assignment = all.emplace_back();
    assignment.set_id(row.String("id"));
    assignment.set_device(row.String("device"));
    assignment.set_resident(row.OptionalString("resident").value_or(""));
    assignment.set_unit(row.OptionalString("unit").value_or(""));
    *assignment.mutable_start_at() = ToProto(row.Time("start_at"));
    if (const auto end = row.OptionalTime("end_at")) *assignment.mutable_end_at() = ToProto(*end);
    assignment.set_regime(static_cast<v1::Regime>(row.Int("regime")));
    assignment.set_ground(static_cast<v1::Ground>(row.Int("ground")));
    if (!row.IsNull("test_at")) *assignment.mutable_test() = TestOf(row);
    index[assignment.id()] = all.size() - 1;
  }
  for (const Row row : points) {
    const auto found = index.find(row.String("assignment"));
    if (found == index.end()) continue;
    v1::Responsibility& point = *all[found->second].add_responsibilities();
    point.set_purpose(static_cast<v1::Purpose>(row.Int("purpose")));
    *point.mutable_since() = ToProto(row.Time("since"));
    point.set_principal(row.String("principal"));
    point.set_provider(row.String("provider"));
    point.set_unit(row.String("unit"));
  }
  return all;
}

v1::Absence AbsenceOf(const Row& row) {
  v1::Absence absence;
  absence.set_id(row.String("id"));
  absence.set_kind(static_cast<v1::AbsenceKind>(row.Int("kind")));
  *absence.mutable_start_at() = ToProto(row.Time("start_at"));
  if (const auto end = row.OptionalTime("end_at")) *absence.mutable_end_at() = ToProto(*end);
  return absence;
}

void AddAbsences(const Result& absences, std::vector<v1::Assignment>& assignments) {
  std::map<std::string, v1::Assignment*> index;
  for (v1::Assignment& assignment : assignments) index[assignment.id()] = &assignment;
  for (const Row row : absences) {
    const auto found = index.find(row.String("assignment"));
    if (found != index.end()) *found->second->add_absences() = AbsenceOf(row);
  }
}

v1::Correction CorrectionOf(const Row& row) {
  v1::Correction correction;
  correction.set_purpose(static_cast<v1::Purpose>(row.Int("purpose")));
  *correction.mutable_start_at() = ToProto(row.Time("start_at"));
  *correction.mutable_end_at() = ToProto(row.Time("end_at"));
  correction.set_from_assignment(row.String("from_assignment"));
  correction.set_from_resident(row.String("from_resident"));
  correction.set_from_unit(row.String("from_unit"));
  correction.set_to_assignment(row.String("to_assignment"));
  correction.set_to_resident(row.String("to_resident"));
  correction.set_to_unit(row.String("to_unit"));
  correction.set_from_principal(row.String("from_principal"));
  correction.set_to_principal(row.String("to_principal"));
  correction.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
  return correction;
}

}  // namespace nara::registry
