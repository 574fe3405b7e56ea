// The check digit of Swedish numbers: of persons, organisations, reserve numbers.
#pragma once

#include <string_view>

namespace nara::registry {

// Luhn's, over digits from left to right with the weights 2, 1, 2, ...; the last one is
// the check digit. False when anything is no digit.
bool CheckDigitFits(std::string_view digits);

}  // namespace nara::registry
