// The forms of what describes the organisation. INVALID_ARGUMENT as in validation.h;
// organisation numbers also WRONG_CHECK_DIGIT.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/catalogue/catalogue.h"
#include "nara/registry/v1/organisation.pb.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry {

absl::Status Validate(const v1::Unit& unit, const Catalogue& catalogue);
absl::Status Validate(const v1::Provider& provider, const Catalogue& catalogue);
absl::Status Validate(const v1::Participation& participation);
absl::Status Validate(const v1::Staff& staff, const Catalogue& catalogue);
absl::Status Validate(const v1::StaffAssignment& assignment);

// Ten digits with the check digit; a personal number is none.
absl::Status ValidateOrganisationNumber(const std::string& number);

// "SE", the organisation number (ten digits, or twelve with 16 in front), "-" and 1 to
// 18 of A-Z 0-9; 31 characters at most.
absl::Status ValidateHsaId(const std::string& hsa_id);

}  // namespace nara::registry
