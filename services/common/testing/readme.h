#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nara::testing {

// The metrics that a README lists, sorted: every `nara_...` of the first column of the
// table under "## Metrics", without labels. `path` begins at the root of the sources.
// Empty when there is no such table.
std::vector<std::string> MetricsInReadme(std::string_view path);

}  // namespace nara::testing
