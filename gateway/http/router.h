#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/http/message.h"

namespace nara::gateway {

// What stood in the place of {name} in a route's pattern.
using PathParameters = std::map<std::string, std::string>;

// May block: the server calls it on its pool.
using Handler = std::function<absl::StatusOr<Response>(const Request&, const PathParameters&)>;

// Finds the handler of a request. Patterns are "/api/v1/alerts/{id}"; a parameter is one non-empty segment. Filled
// before the server starts, then read by any thread.
class Router {
 public:
  void Add(const std::string& method, const std::string& pattern, Handler handler);

  // Answers what no pattern matches, for GET and HEAD: the web app.
  void SetFallback(Handler handler) { fallback_ = std::move(handler); }

  // Never throws: an exception of a handler is logged and becomes a 500, an error its problem details. 404 without a
  // route, 405 (with Allow) for a path that has other methods.
  Response Handle(const Request& request) const;

  // "METHOD pattern" of every route, as Response::route names them.
  std::vector<std::string> Routes() const;

 private:
  struct Route {
    std::string name;
    std::string method;
    std::vector<std::string> segments;
    Handler handler;
  };
  // Sets `name` to that of the route before its handler runs.
  absl::StatusOr<Response> Dispatch(const Request& request, std::string& name) const;
  Response Answer(const Request& request, std::string& name) const;

  std::vector<Route> routes_;
  Handler fallback_;
};

}  // namespace nara::gateway
