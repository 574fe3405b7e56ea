#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nara/registry/v1/life_cycle.pb.h"

namespace nara::tools {

// The file of an ordering portal (docs/formats/portal-csv.md), line by line. Only its
// form is looked at here; what the fields mean is for the registry.
struct PortalFile {
  std::vector<registry::v1::PortalLine> lines;
  std::vector<registry::v1::LineProblem> problems;  // of lines that are none
};

PortalFile ParsePortalFile(std::string_view text);

}  // namespace nara::tools
