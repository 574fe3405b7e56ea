#include "common/testing/readme.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

namespace nara::testing {
namespace {

// A row's first cell; empty for a line that is no row.
std::string FirstCell(const std::string& line) {
  if (!line.starts_with("|")) return "";
  return line.substr(1, line.find('|', 1) - 1);
}

}  // namespace

std::vector<std::string> MetricsInReadme(std::string_view path) {
  static const std::regex name("`(nara_[a-z0-9_]+)(\\{[a-z_,]*\\})?`");
  std::ifstream readme(std::filesystem::path(NARA_SOURCE_DIR) / path);
  std::vector<std::string> names;
  bool inside = false;
  for (std::string line; std::getline(readme, line);) {
    if (line.starts_with("#")) inside = line == "## Metrics";
    const std::string cell = inside ? FirstCell(line) : "";
    for (std::sregex_iterator found(cell.begin(), cell.end(), name), end; found != end; ++found) {
      names.push_back((*found)[1]);
    }
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace nara::testing
