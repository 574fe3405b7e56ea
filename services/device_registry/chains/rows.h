// Rows of the area's tables as messages, and what of them is kept as JSON.
#pragma once

#include <google/protobuf/message.h>

#include <string_view>
#include <vector>

#include "common/postgres/result.h"
#include "nara/registry/v1/chains.pb.h"
#include "nara/registry/v1/plans.pb.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry {

// What DetailOf wrote. Fields that a newer program wrote are passed over.
void FromJson(std::string_view json, google::protobuf::Message& message);

// Rows of three queries put together, in the order of the first:
//   unit, version, revision, holidays
//   unit, version, step, receiver, accept_seconds, repeats, fallback (by step)
//   unit, version, step, receiver, role, schedule, competences (by step and target)
std::vector<v1::Chain> ChainsOf(const Result& chains, const Result& steps, const Result& targets);

// Columns id, principal, content, revision; the last two null for a client of which no
// more is known.
v1::Receiver ReceiverOf(const Row& row);

// Columns content, revision.
v1::Plan PlanOf(const Row& row);

}  // namespace nara::registry
