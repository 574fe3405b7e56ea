// Dates of birth, and the ages that the law counts from them.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace nara::registry {

// "2008-02-29". INVALID_ARGUMENT (INVALID_FIELD) when it is no date from 1890 to 2199.
absl::StatusOr<absl::CivilDay> ParseBirthDate(const std::string& text);

// The birthday on which somebody becomes so old. Who was born on 29 February has it on
// the last day of that month: lag (1930:173) om beräkning av lagstadgad tid, section 1.
absl::CivilDay Birthday(absl::CivilDay born, int years);

// Its first instant in Sweden.
absl::Time BirthdayInSweden(absl::CivilDay born, int years);

// Whole years at an instant, in Sweden.
int AgeAt(absl::CivilDay born, absl::Time at);

}  // namespace nara::registry
