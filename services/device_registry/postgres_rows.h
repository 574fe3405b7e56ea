// Rows of the schema `registry` as messages.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/postgres/result.h"
#include "common/postgres/transaction.h"
#include "nara/registry/v1/clients.pb.h"
#include "nara/registry/v1/organisation.pb.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry {

// Columns id, principal, provider, name, regimes, hsa_id, kind, revision.
v1::Unit UnitOf(const Row& row);
// Columns id, product, owner, fallback_unit, serial, owner_kind, state, lead,
// controller, revision.
v1::Device DeviceOf(const Row& row);
// Columns id, product, owner, fallback_unit, state, lead, controller, revision; without
// assignments.
v1::Route RouteOf(const Row& row);
// Columns id, role, principal, units, token_sha256, revoked, scopes, revision.
v1::Client ClientOf(const Row& row);

// Rows of two queries put together, in the order of the first:
//   id, device, resident, unit, start_at, end_at, regime, ground, test_epoch, test_seq,
//     test_at
//   assignment, purpose, since, principal, provider, unit
std::vector<v1::Assignment> AssignmentsOf(const Result& assignments, const Result& points);

// Columns id, kind, start_at, end_at.
v1::Absence AbsenceOf(const Row& row);
// Columns assignment and those of AbsenceOf, by start.
void AddAbsences(const Result& absences, std::vector<v1::Assignment>& assignments);

// Columns purpose, start_at, end_at, revision, and from_ and to_ with assignment,
// resident, unit.
v1::Correction CorrectionOf(const Row& row);

}  // namespace nara::registry
