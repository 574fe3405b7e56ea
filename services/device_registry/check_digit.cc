#include "device_registry/check_digit.h"

namespace nara::registry {

bool CheckDigitFits(std::string_view digits) {
  int sum = 0;
  int weight = 1;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    if (*digit < '0' || *digit > '9') return false;
    const int product = (*digit - '0') * weight;
    sum += product / 10 + product % 10;
    weight = 3 - weight;
  }
  return !digits.empty() && sum % 10 == 0;
}

}  // namespace nara::registry
