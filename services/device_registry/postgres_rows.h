// Rows of the schema `registry` as messages.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/postgres/result.h"
#include "common/postgres/transaction.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry {

// Columns id, principal, provider, name, regimes.
v1::Unit UnitOf(const Row& row);
// Columns id, product, owner, fallback_unit, serial, lead.
v1::Device DeviceOf(const Row& row);
// Columns id, product, owner, fallback_unit, lead, revision; without assignments.
v1::Route RouteOf(const Row& row);
// Columns id, role, principal, units, token_sha256, revoked, revision.
v1::Client ClientOf(const Row& row);

google::protobuf::Timestamp TimestampOf(TimePoint time);
TimePoint TimePointOf(const google::protobuf::Timestamp& time);

// Rows of two queries put together, in the order of the first:
//   id, device, resident, start_at, end_at, regime
//   assignment, purpose, since, principal, provider, unit
std::vector<v1::Assignment> AssignmentsOf(const Result& assignments, const Result& points);

}  // namespace nara::registry
