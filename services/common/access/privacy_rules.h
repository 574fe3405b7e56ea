// What a resident's consents and blocks say to one question: pure functions.
//
// Who reads as a unit that answers for the data needs no consent, and no block is set
// against it. Everybody else is across: another unit, or a client of a whole principal.
#pragma once

#include "absl/time/time.h"
#include "common/access/authorizer.h"
#include "nara/registry/v1/privacy.pb.h"

namespace nara {

// Whether the caller reads as the unit that answers.
bool OwnUnit(const Caller& caller, const Object& object);

// A consent that holds at `now` lets the caller read the resident's data.
bool Consented(const registry::v1::ResidentPrivacy& privacy, const Caller& caller, const Object& object,
               absl::Time now);

// A block that holds at `now` keeps the object from the caller. Data of which nobody
// knows the provider count as the blocked provider's.
bool Blocked(const registry::v1::ResidentPrivacy& privacy, const Caller& caller, const Object& object, absl::Time now);

// The resident has consented to supervision, and everybody else in the home.
bool SupervisionAgreed(const registry::v1::ResidentPrivacy& privacy, absl::Time now);

}  // namespace nara
