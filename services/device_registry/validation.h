// The forms of what callers send. INVALID_ARGUMENT with reason INVALID_FIELD, the
// field in the metadata; a message never repeats a value.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/catalogue/catalogue.h"
#include "nara/registry/v1/clients.pb.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry {

absl::Status Invalid(const std::string& field, const std::string& rule);

// The first that is not OK.
absl::Status FirstError(std::initializer_list<absl::Status> checks);
// [a-z0-9-]{3,63}.
absl::Status Slug(const std::string& field, const std::string& text);
// 1 to 200 characters without control characters.
absl::Status Name(const std::string& field, const std::string& text);
absl::Status KnownPrincipal(const std::string& field, const std::string& id, const Catalogue& catalogue);
absl::Status KnownRegime(v1::Regime regime);
// From 1900 to 2199; the end, if there is one, after the start.
absl::Status ValidatePeriod(bool has_start, const google::protobuf::Timestamp& start, bool has_end,
                            const google::protobuf::Timestamp& end);

absl::Status Validate(const v1::Device& device, const Catalogue& catalogue);
absl::Status Validate(const v1::AssignDeviceRequest& request);
absl::Status Validate(const v1::TransferResponsibilityRequest& request);
absl::Status Validate(const v1::Client& client, const Catalogue& catalogue);

// As the catalogue writes it: "rented_from_hmc".
std::string OwnerKindName(v1::OwnerKind kind);

// No control characters, `least` to 200 bytes; UTF-8 is checked by protobuf.
bool IsText(std::string_view text, std::size_t least);

// Opaque ids of residents and assignments: 1 to 64 of [A-Za-z0-9._-].
absl::Status ValidateOpaqueId(const std::string& field, const std::string& id);
// A time from 1900 to 2200.
absl::Status ValidateTime(const std::string& field, const google::protobuf::Timestamp& time);

// 0 means 100; 1 to 1000.
absl::StatusOr<int> PageSize(int asked);

}  // namespace nara::registry
