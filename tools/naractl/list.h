// Lists that are asked for page by page.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "tools/naractl/command.h"

namespace nara::naractl {

// How many entries are shown at most, and the option that says so.
struct Limit {
  int count = std::numeric_limits<int>::max();
  std::string option;
};

// Says on standard error that a list goes on, and how to get the rest.
void SayThatMoreExist(const Limit& limit);

// Calls `visit` with each of the `items` of what `ask(page_token)` answers, until there is
// no next page.
template <typename Ask, typename Items, typename Visit>
absl::Status ForEachItem(Ask ask, const Items& items, const Visit& visit) {
  return ForEachPage([&](const std::string& token) -> absl::StatusOr<std::string> {
    const auto page = ask(token);
    if (!page.ok()) return page.status();
    for (const auto& item : items(*page)) visit(item);
    return page->next_page_token();
  });
}

// Prints them as rows below the heading in `table`, or as JSON: each item as its `row`.
// Ends at the limit, and says so when more exist.
template <typename Ask, typename Items, typename Row>
absl::Status PrintList(const Session& session, Table table, Ask ask, const Items& items, const Row& row,
                       const Limit& limit = {}) {
  std::vector<std::string> lines;
  bool more = false;
  const absl::Status status = ForEachPage([&](const std::string& token) -> absl::StatusOr<std::string> {
    const auto page = ask(token);
    if (!page.ok()) return page.status();
    for (const auto& item : items(*page)) {
      more = static_cast<int>(lines.size()) == limit.count;
      if (more) return "";
      table.push_back(row(item));
      lines.push_back(ToJson(item));
    }
    more = static_cast<int>(lines.size()) == limit.count && !page->next_page_token().empty();
    return more ? "" : page->next_page_token();
  });
  if (!status.ok()) return status;
  session.json ? PrintJsonList(lines) : PrintTable(table);
  if (more) SayThatMoreExist(limit);
  return absl::OkStatus();
}

}  // namespace nara::naractl
