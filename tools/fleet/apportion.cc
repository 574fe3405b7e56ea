#include "tools/fleet/apportion.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace nara::fleet {

std::vector<int> Apportion(int total, const std::vector<double>& weights) {
  std::vector<int> parts(weights.size(), 0);
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (sum <= 0) return parts;
  std::vector<double> remainders(weights.size());
  int given = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    const double exact = total * weights[i] / sum;
    parts[i] = static_cast<int>(std::floor(exact));
    remainders[i] = weights[i] > 0 ? exact - parts[i] : -1;
    given += parts[i];
  }
  std::vector<size_t> order(weights.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return remainders[a] > remainders[b] || (remainders[a] == remainders[b] && a < b);
  });
  for (size_t i = 0; given < total; ++i, ++given) ++parts[order[i % order.size()]];
  return parts;
}

}  // namespace nara::fleet
