#pragma once

#include <string>
#include <vector>

#include "common/access/authorizer.h"
#include "common/catalogue/catalogue.h"
#include "gateway/api/bulkhead.h"
#include "gateway/api/live_feed.h"
#include "gateway/api/personas.h"
#include "gateway/http/router.h"
#include "gateway/http/sessions.h"
#include "gateway/ports.h"

namespace nara::gateway {

// The paths of /api/v1, as api/openapi.json specifies them.
//
// A request is on behalf of the client of its bearer token, else of its session cookie; without either it is 401. What
// the client may see is decided by the services; one that does not answer holds up no path but its own (Bulkhead).
// Writing requests must be application/json, which a foreign page cannot send without asking first.
class Api {
 public:
  struct Options {
    std::string openapi;            // the document's text
    std::vector<Persona> personas;  // empty outside of the demo
    bool secure = false;            // marks the session cookie Secure
  };

  // All must outlive the API, and the authorizer and the sessions the feeds too.
  struct Deps {
    const Authorizer& authorizer;
    const Catalogue& catalogue;
    Sessions& sessions;
    LiveFeeds& feeds;
    Ports ports;
    Metrics& metrics;
  };

  Api(Options options, Deps deps) : options_(std::move(options)), deps_(deps), bulkheads_(deps.metrics) {}

  // Adds every path. The API must outlive the router's use.
  void AddTo(Router& router);

 private:
  using Result = absl::StatusOr<Response>;
  using Signed = std::function<Result(const Caller&, const Request&, const PathParameters&)>;

  // Adds a path that needs a caller.
  void AddSigned(Router& router, const std::string& method, const std::string& pattern, Signed handler);
  // Adds those that ask a service.
  void AddServices(Router& router);
  void AddBehind(Bulkhead& service, Router& router, const std::string& method, const std::string& pattern,
                 Signed handler);

  Result SignIn(const Request& request);
  Result SignOut(const Request& request);
  Result Personas() const;
  Result OpenSession(const Request& request, const absl::StatusOr<Caller>& client);
  Result Fleet(const Caller& caller) const;
  Result ListAlerts(const Caller& caller, const Request& request) const;
  Result GetAlert(const Caller& caller, const std::string& id) const;
  Result Act(const Caller& caller, const Request& request, const PathParameters& parameters) const;
  Result Delivered(const Caller& caller, const Request& request, const std::string& id) const;
  Result ListObservations(const Caller& caller, const Request& request) const;
  Result Stream(const Caller& caller, const Request& request);

  const Options options_;
  const Deps deps_;
  Bulkheads bulkheads_;
};

// The catalogue as the web app needs it: names and units of kinds, components and products.
std::string CatalogueText(const Catalogue& catalogue);

}  // namespace nara::gateway
