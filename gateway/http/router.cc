#include "gateway/http/router.h"

#include <exception>
#include <optional>
#include <set>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/log/log.h"
#include "gateway/http/problem.h"

namespace nara::gateway {
namespace {

bool IsParameter(const std::string& segment) {
  return segment.starts_with('{');
}

std::optional<PathParameters> Match(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  PathParameters parameters;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (!IsParameter(pattern[i])) {
      if (pattern[i] != path[i]) return std::nullopt;
    } else if (path[i].empty()) {
      return std::nullopt;
    } else {
      parameters[pattern[i].substr(1, pattern[i].size() - 2)] = path[i];
    }
  }
  return parameters;
}

std::vector<std::string> Segments(const std::string& path) {
  return absl::StrSplit(path, '/');
}

Response NotAllowed(const std::set<std::string>& methods) {
  Response response = Problem(
      absl::InvalidArgumentError("this path does not take the method; it takes " + absl::StrJoin(methods, ", ")));
  response.status = 405;
  response.headers.emplace_back("allow", absl::StrJoin(methods, ", "));
  return response;
}

}  // namespace

void Router::Add(const std::string& method, const std::string& pattern, Handler handler) {
  routes_.push_back({method + " " + pattern, method, Segments(pattern), std::move(handler)});
}

absl::StatusOr<Response> Router::Dispatch(const Request& request, std::string& name) const {
  const std::vector<std::string> path = Segments(request.path);
  std::set<std::string> methods;
  for (const Route& route : routes_) {
    const auto parameters = Match(route.segments, path);
    if (!parameters) continue;
    methods.insert(route.method);
    if (route.method != request.method) continue;
    name = route.name;
    return route.handler(request, *parameters);
  }
  name = "none";
  if (!methods.empty()) return NotAllowed(methods);
  if (!fallback_ || (request.method != "GET" && request.method != "HEAD"))
    return absl::NotFoundError("there is nothing at " + request.path);
  name = "web";
  return fallback_(request, {});
}

Response Router::Answer(const Request& request, std::string& name) const {
  try {
    absl::StatusOr<Response> response = Dispatch(request, name);
    if (response.ok()) return *std::move(response);
    if (HttpStatus(response.status().code()) == 500)
      log::Error("router", "handler failed", {{"reason", response.status().ToString()}});
    return Problem(response.status());
  } catch (const std::exception& error) {
    log::Error("router", "handler threw", {{"reason", error.what()}});
    return Problem(absl::InternalError("handler threw"));
  }
}

Response Router::Handle(const Request& request) const {
  std::string name;
  Response response = Answer(request, name);
  response.route = std::move(name);
  return response;
}

std::vector<std::string> Router::Routes() const {
  std::vector<std::string> all;
  all.reserve(routes_.size());
  for (const Route& route : routes_) all.push_back(route.name);
  return all;
}

}  // namespace nara::gateway
