#include "gateway/api/parameters.h"

#include <charconv>

#include "common/time/text.h"

namespace nara::gateway {

Parameters::Parameters(const Request& request, const std::set<std::string>& known) : request_(request) {
  for (const auto& [name, value] : request.query) {
    if (!known.contains(name)) Fail("there is no query parameter '" + name + "' here");
  }
}

void Parameters::Fail(const std::string& problem) {
  status_.Update(absl::InvalidArgumentError(problem));
}

bool Parameters::Bool(const std::string& name) {
  const std::string text = Text(name);
  if (!text.empty() && text != "true" && text != "false") Fail("'" + name + "' is true or false");
  return text == "true";
}

std::optional<absl::Time> Parameters::Time(const std::string& name) {
  const std::string text = Text(name);
  if (text.empty()) return std::nullopt;
  const absl::StatusOr<absl::Time> time = ParseRfc3339(text);
  if (!time.ok()) {
    Fail("'" + name + "': " + std::string(ToStd(time.status().message())));
    return std::nullopt;
  }
  return *time;
}

int Parameters::PageSize() {
  const std::string text = Text("page_size");
  if (text.empty()) return 0;
  int size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size() || size < 1 || size > 1000)
    Fail("'page_size' is a number from 1 to 1000");
  return size;
}

}  // namespace nara::gateway
