// The forms of what callers send. INVALID_ARGUMENT with reason INVALID_FIELD, the
// field in the metadata; a message never repeats a value.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/catalogue/catalogue.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry {

absl::Status Invalid(const std::string& field, const std::string& rule);

absl::Status Validate(const v1::Unit& unit, const Catalogue& catalogue);
absl::Status Validate(const v1::Device& device, const Catalogue& catalogue);
absl::Status Validate(const v1::AssignDeviceRequest& request);
absl::Status Validate(const v1::TransferResponsibilityRequest& request);
absl::Status Validate(const v1::Client& client, const Catalogue& catalogue);

// Ids of units, clients and providers: 3 to 63 of [a-z0-9-].
absl::Status ValidateSlug(const std::string& field, const std::string& text);
// Opaque ids of residents and assignments: 1 to 64 of [A-Za-z0-9._-].
absl::Status ValidateOpaqueId(const std::string& field, const std::string& id);
// A time from 1900 to 2200.
absl::Status ValidateTime(const std::string& field, const google::protobuf::Timestamp& time);

// 0 means 100; 1 to 1000.
absl::StatusOr<int> PageSize(int asked);

}  // namespace nara::registry
