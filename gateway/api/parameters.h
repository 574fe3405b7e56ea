#pragma once

#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/http/message.h"

namespace nara::gateway {

// Reads a request's query. What is wrong is remembered and told by status(): the first mistake, an unknown parameter
// among them, so that a misspelt filter never shows more than was asked for.
class Parameters {
 public:
  Parameters(const Request& request, const std::set<std::string>& known);

  std::string Text(const std::string& name) const { return request_.Query(name); }
  // "true", "false" or absent.
  bool Bool(const std::string& name);
  // RFC 3339 with offset.
  std::optional<absl::Time> Time(const std::string& name);
  // page_size: 1 to 1000; 0 when absent.
  int PageSize();

  const absl::Status& status() const { return status_; }

 private:
  void Fail(const std::string& problem);

  const Request& request_;
  absl::Status status_;
};

}  // namespace nara::gateway
