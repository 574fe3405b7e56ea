#include "tools/naractl/mistyped.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_join.h"

namespace nara::naractl {
namespace {

// Letters to change, add, leave out or swap with their neighbour.
std::size_t Distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, changed});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

// As far as the command line was understood: that command, and the groups that it is in.
std::vector<const CLI::App*> Understood(const CLI::App& app) {
  std::vector<const CLI::App*> path = {&app};
  while (!path.back()->get_subcommands().empty()) path.push_back(path.back()->get_subcommands().back());
  return path;
}

std::vector<std::string> CommandsOf(const CLI::App& group) {
  std::vector<std::string> names;
  for (const CLI::App* const command : group.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> OptionsOf(const std::vector<const CLI::App*>& path) {
  std::vector<std::string> names;
  for (const CLI::App* const app : path) {
    for (const CLI::Option* const option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        if (name != "help" || app == path.front()) names.push_back("--" + name);
      }
    }
  }
  return names;
}

std::string Say(const std::string& what, const std::string& word, const std::vector<std::string>& known) {
  const std::string nearest = NearestOf(word, known);
  const std::string said = "unknown " + what + " '" + word + "'";
  return nearest.empty() ? said + "; there are " + absl::StrJoin(known, ", ")
                         : said + ": did you mean '" + nearest + "'?";
}

}  // namespace

std::string NearestOf(const std::string& word, const std::vector<std::string>& known) {
  std::string nearest;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& name : known) {
    const std::size_t distance = Distance(word, name);
    if (distance < least) nearest = name;
    least = std::min(least, distance);
  }
  return nearest;
}

std::string MistypedOf(const CLI::App& app) {
  const std::vector<std::string> left = app.remaining(true);
  if (left.empty()) return "";
  const std::vector<const CLI::App*> path = Understood(app);
  const std::string word = left.front().substr(0, left.front().find('='));
  if (word.starts_with("-")) return Say("option", word, OptionsOf(path));
  const std::vector<std::string> commands = CommandsOf(*path.back());
  if (commands.empty()) return "'" + left.front() + "' is one word too many";
  return Say(path.size() == 1 ? "command" : "command of " + path.back()->get_name(), left.front(), commands);
}

}  // namespace nara::naractl
