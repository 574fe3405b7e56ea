// Numbers that persons are known by, in the form of docs/formats/identities.md: twelve
// characters, check digit verified.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "nara/registry/v1/residents.pb.h"

namespace nara::registry {

struct PersonalNumber {
  std::string number;  // twelve characters
  v1::NumberKind kind = v1::NUMBER_KIND_UNSPECIFIED;
  std::optional<absl::CivilDay> born;  // absent when the number does not tell
};

// Of "19890131-1234", "198901311234", "890131-1234", "890131+1234" (100 years or
// older) and "8901311234"; two digits of a year are the last such before `today`.
// INVALID_ARGUMENT, INVALID_FIELD or WRONG_CHECK_DIGIT; never with the number in it.
absl::StatusOr<PersonalNumber> ParsePersonalNumber(const std::string& text, absl::CivilDay today);

// An opaque id (validation.h) that is no such number: those stay out of ids, which logs
// and URLs show.
absl::Status ValidateResidentId(const std::string& id, absl::CivilDay today);

}  // namespace nara::registry
