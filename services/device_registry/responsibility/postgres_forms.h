// Forms of assignments inside a writing transaction, for the stores beside.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "device_registry/database.h"
#include "device_registry/responsibility/store.h"

namespace nara::registry {

// Nothing when absent.
std::optional<TimePoint> Optional(bool has, const google::protobuf::Timestamp& time);
std::optional<std::string> Optional(const std::string& text);

// NotFound (UNKNOWN_ASSIGNMENT) when there is none.
absl::StatusOr<Standing> ReadStanding(Write& write, const std::string& assignment);

// Every assignment of the device, by start.
absl::StatusOr<std::vector<v1::Assignment>> ReadDevice(Write& write, const std::string& device);

// Writes what differs between the forms of one assignment, and shows it in the route.
// FailedPrecondition (DEVICE_ASSIGNED) when another one is in that time.
absl::Status SaveForm(Write& write, const v1::Assignment& before, const v1::Assignment& after);

// Gives assignment and route this revision.
absl::Status Touch(Write& write, const v1::Assignment& assignment);

// Runs `change` and stores what it makes wrong of the device's past.
absl::StatusOr<std::vector<v1::Correction>> Correcting(Write& write, const std::string& device,
                                                       const google::protobuf::Timestamp& now,
                                                       absl::FunctionRef<absl::Status()> change);

// The error of the schema in words.
absl::Status Explained(const absl::Status& status, const std::string& device);

}  // namespace nara::registry
