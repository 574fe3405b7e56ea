// The forms of consents and blocks. INVALID_ARGUMENT as in validation.h.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "nara/registry/v1/privacy.pb.h"

namespace nara::registry {

absl::Status Validate(const v1::Consent& consent);
absl::Status Validate(const v1::Block& block);
// At most 200 bytes without control characters.
absl::Status ValidateReason(const std::string& reason);

}  // namespace nara::registry
