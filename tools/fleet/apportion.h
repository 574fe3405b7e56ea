#pragma once

#include <vector>

namespace nara::fleet {

// Splits `total` into whole parts in proportion to `weights` (largest
// remainders; of equal ones the first). The parts sum to `total`; a weight of 0
// gets 0. With no positive weight all parts are 0.
std::vector<int> Apportion(int total, const std::vector<double>& weights);

}  // namespace nara::fleet
