// Rows of consents and blocks as messages.
#pragma once

#include <vector>

#include "common/postgres/result.h"
#include "nara/registry/v1/privacy.pb.h"

namespace nara::registry {

// Rows of two queries put together, in the order of the first: those of consents with
// start_at and end_at, and those of consent_recipients in their order.
std::vector<v1::Consent> ConsentsOf(const Result& consents, const Result& recipients);

// Columns of blocks with start_at and end_at.
v1::Block BlockOf(const Row& row);

}  // namespace nara::registry
