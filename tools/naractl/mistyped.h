// What is wrong with a command line, by name.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace nara::naractl {

// The word of `known` that `word` was meant as: with the fewest letters that are wrong,
// missing, too many or swapped; empty when none is near.
std::string NearestOf(const std::string& word, const std::vector<std::string>& known);

// After a parse that failed: "unknown command 'unti': did you mean 'unit'?". Empty when
// nothing is left over that the commands do not know.
std::string MistypedOf(const CLI::App& app);

}  // namespace nara::naractl
