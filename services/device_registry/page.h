// Pages of a list. A token is "<hash of the query>.<last id>": it holds no secret, and
// one of another query is refused instead of giving a page of something else.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace nara::registry {

struct Page {
  std::string query;  // hash of what is asked, without size and token
  std::string after;  // id; empty: from the first
  int size = 0;       // 1 to 1000

  // What to ask the store for: one more tells whether there is another page.
  int limit() const { return size + 1; }
};

// Of a request with page_size (0 means 100) and page_token. INVALID_ARGUMENT:
// INVALID_FIELD for a size out of range, PAGE_TOKEN for a token that no response to
// this query gave.
absl::StatusOr<Page> PageOf(const google::protobuf::Message& request);

std::string TokenAfter(const Page& page, const std::string& last_id);

// Cuts what was read to the page's size. The token of the next page, or empty.
template <typename Item>
std::string CutPage(std::vector<Item>& items, const Page& page) {
  if (items.size() <= static_cast<std::size_t>(page.size)) return "";
  items.resize(static_cast<std::size_t>(page.size));
  return TokenAfter(page, items.back().id());
}

}  // namespace nara::registry
