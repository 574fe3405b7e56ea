#include "gateway/api/api.h"

#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "common/time/text.h"
#include "gateway/api/json.h"
#include "gateway/api/json_input.h"
#include "gateway/api/parameters.h"

namespace nara::gateway {
namespace {

constexpr char kCookie[] = "nara_session";
constexpr char kJson[] = "application/json";

Response JsonResponse(std::string text) {
  Response response;
  response.content_type = kJson;
  response.body = std::move(text);
  return response;
}

// An answer that is always the same: its text is there once.
Response FixedResponse(const std::string& text) {
  Response response;
  response.content_type = kJson;
  response.shared_body = std::make_shared<const std::string>(text);
  return response;
}

std::string CookieHeader(const std::string& value, bool secure, int max_age_s) {
  return std::string(kCookie) + "=" + value +
         "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(max_age_s) + (secure ? "; Secure" : "");
}

std::string SessionText(const Caller& caller) {
  Json json;
  json.Open()
      .Member("client", caller.id)
      .Member("role", std::string(Name(caller.role)))
      .Member("principal", caller.principal);
  json.OpenList("units");
  for (const std::string& unit : caller.units) json.Item(unit);
  json.CloseList().Close();
  return json.Text();
}

absl::StatusOr<Caller> WhoCalls(const Authorizer& authorizer, const Sessions& sessions, const Request& request) {
  constexpr std::string_view bearer = "Bearer ";
  const std::string authorization = request.Header("authorization");
  if (authorization.starts_with(bearer)) {
    return authorizer.IdentifyToken(std::string_view(authorization).substr(bearer.size()));
  }
  if (const auto client = sessions.Find(request.Cookie(kCookie))) return *client;
  return rpc::Error(absl::StatusCode::kUnauthenticated, "NOT_SIGNED_IN", "sign in, or send a bearer token");
}

// What WhoCalls needs of a request.
Request CredentialsOf(const Request& request) {
  Request credentials;
  credentials.headers["authorization"] = request.Header("authorization");
  credentials.cookies[kCookie] = request.Cookie(kCookie);
  return credentials;
}

// A body of string members.
absl::StatusOr<std::map<std::string, std::string>> StringMembers(const Request& request) {
  const auto object = JsonBody(request);
  if (!object.ok()) return object.status();
  std::map<std::string, std::string> members;
  for (const auto& [name, value] : object->fields()) {
    if (!value.has_string_value()) return absl::InvalidArgumentError("'" + name + "' is not a string");
    members[name] = value.string_value();
  }
  return members;
}

}  // namespace

void Api::AddTo(Router& router) {
  router.Add("GET", "/api/v1/openapi.json",
             [fixed = FixedResponse(options_.openapi)](auto&, auto&) -> Result { return fixed; });
  router.Add("GET", "/api/v1/personas", [this](auto&, auto&) { return Personas(); });
  router.Add("POST", "/api/v1/session", [this](auto& request, auto&) { return SignIn(request); });
  router.Add("DELETE", "/api/v1/session", [this](auto& request, auto&) { return SignOut(request); });
  AddSigned(router, "GET", "/api/v1/session",
            [](auto& caller, auto&, auto&) -> Result { return JsonResponse(SessionText(caller)); });
  AddSigned(router, "GET", "/api/v1/catalogue",
            [fixed = FixedResponse(CatalogueText(deps_.catalogue))](auto&, auto&, auto&) -> Result { return fixed; });
  AddSigned(router, "POST", "/api/v1/alerts/{id}/delivered",
            [this](auto& caller, auto& request, auto& path) { return Delivered(caller, request, path.at("id")); });
  AddSigned(router, "GET", "/api/v1/stream",
            [this](auto& caller, auto& request, auto&) { return Stream(caller, request); });
  AddServices(router);
}

void Api::AddServices(Router& router) {
  auto& [registry, alerts, broker] = bulkheads_;
  AddBehind(registry, router, "GET", "/api/v1/fleet", [this](auto& caller, auto&, auto&) { return Fleet(caller); });
  AddBehind(alerts, router, "GET", "/api/v1/alerts",
            [this](auto& caller, auto& request, auto&) { return ListAlerts(caller, request); });
  AddBehind(alerts, router, "GET", "/api/v1/alerts/{id}",
            [this](auto& caller, auto&, auto& path) { return GetAlert(caller, path.at("id")); });
  AddBehind(alerts, router, "POST", "/api/v1/alerts/{id}/{action}",
            [this](auto& caller, auto& request, auto& path) { return Act(caller, request, path); });
  AddBehind(broker, router, "GET", "/api/v1/observations",
            [this](auto& caller, auto& request, auto&) { return ListObservations(caller, request); });
}

void Api::AddBehind(Bulkhead& service, Router& router, const std::string& method, const std::string& pattern,
                    Signed handler) {
  AddSigned(router, method, pattern, [&service, handler = std::move(handler)](auto& caller, auto& request, auto& path) {
    return service.Run([&] { return handler(caller, request, path); });
  });
}

void Api::AddSigned(Router& router, const std::string& method, const std::string& pattern, Signed handler) {
  router.Add(method, pattern,
             [this, handler = std::move(handler)](const Request& request, const PathParameters& parameters) -> Result {
               const absl::StatusOr<Caller> caller = WhoCalls(deps_.authorizer, deps_.sessions, request);
               if (!caller.ok()) return caller.status();
               return handler(*caller, request, parameters);
             });
}

Api::Result Api::Personas() const {
  if (options_.personas.empty()) return absl::NotFoundError("there are no demo personas here");
  Json json;
  json.Open().OpenList("personas");
  for (const Persona& p : options_.personas) {
    json.Open()
        .Member("id", p.id)
        .Member("name", p.name)
        .Member("role", p.role)
        .Member("principal", p.principal)
        .Close();
  }
  json.CloseList().Close();
  return JsonResponse(json.Text());
}

Api::Result Api::SignIn(const Request& request) {
  auto members = StringMembers(request);
  if (!members.ok()) return members.status();
  for (const Persona& persona : options_.personas) {
    if (persona.id != (*members)["persona"]) continue;
    return OpenSession(request, deps_.authorizer.Identify("nara-gateway", persona.id));
  }
  const absl::StatusOr<Caller> client = deps_.authorizer.IdentifyToken((*members)["token"]);
  if (!client.ok()) {
    return rpc::Error(absl::StatusCode::kUnauthenticated, "UNKNOWN_TOKEN", "this token opens nothing here");
  }
  return OpenSession(request, client);
}

// The browser's session before is over: nothing knows its cookie any more.
Api::Result Api::OpenSession(const Request& request, const absl::StatusOr<Caller>& client) {
  if (!client.ok()) return client.status();
  deps_.sessions.Close(request.Cookie(kCookie));
  Response response = JsonResponse(SessionText(*client));
  const int max_age = static_cast<int>(absl::ToInt64Seconds(Sessions::kLifetime));
  response.headers.emplace_back("set-cookie", CookieHeader(deps_.sessions.Open(*client), options_.secure, max_age));
  return response;
}

Api::Result Api::SignOut(const Request& request) {
  deps_.sessions.Close(request.Cookie(kCookie));
  Response response;
  response.status = 204;
  response.headers.emplace_back("set-cookie", CookieHeader("", options_.secure, 0));
  return response;
}

Api::Result Api::Fleet(const Caller& caller) const {
  const auto fleet = deps_.ports.fleet.ListPrincipals(caller.id);
  if (!fleet.ok()) return fleet.status();
  return JsonResponse(ListText("principals", fleet->principals()));
}

Api::Result Api::ListAlerts(const Caller& caller, const Request& request) const {
  alert::v1::ListAlertsRequest query;
  Parameters parameters(request, {"open", "principal", "device", "page_size", "page_token"});
  query.set_open_only(parameters.Bool("open"));
  query.set_principal(parameters.Text("principal"));
  query.set_device(parameters.Text("device"));
  query.set_page_size(parameters.PageSize());
  query.set_page_token(parameters.Text("page_token"));
  if (!parameters.status().ok()) return parameters.status();
  const auto page = deps_.ports.alerts.List(caller.id, query);
  if (!page.ok()) return page.status();
  return JsonResponse(ListText("alerts", page->alerts(), page->next_page_token()));
}

Api::Result Api::GetAlert(const Caller& caller, const std::string& id) const {
  const auto found = deps_.ports.alerts.Get(caller.id, id);
  if (!found.ok()) return found.status();
  // {"alert": …, "history": […]}: the list's text without its brace follows the alert.
  return JsonResponse("{\"alert\":" + ItemText(found->alert()) + "," + ListText("history", found->history()).substr(1));
}

Api::Result Api::Act(const Caller& caller, const Request& request, const PathParameters& parameters) const {
  auto members = StringMembers(request);
  if (!members.ok()) return members.status();
  AlertPort& alerts = deps_.ports.alerts;
  const std::string& id = parameters.at("id");
  const std::string& action = parameters.at("action");
  const std::string& reason = (*members)["reason"];
  absl::StatusOr<alert::v1::Alert> changed =
      absl::NotFoundError("an alert can be accepted, rejected or resolved, not '" + action + "'");
  if (action == "accept") changed = alerts.Accept(caller.id, id);
  if (action == "reject") changed = alerts.Reject(caller.id, id, reason);
  if (action == "resolve") changed = alerts.Resolve(caller.id, id, reason);
  if (!changed.ok()) return changed.status();
  return JsonResponse(ItemText(*changed));
}

// Accepted, not done: the router records it once, and leaves out what is no offer of its any more.
Api::Result Api::Delivered(const Caller& caller, const Request& request, const std::string& id) const {
  const auto body = JsonBody(request);
  if (!body.ok()) return body.status();
  const auto version = WholeNumberMember(*body, "version");
  if (!version.ok()) return version.status();
  if (const absl::Status passed = deps_.feeds.Delivered(caller.id, id, *version); !passed.ok()) return passed;
  Response response;
  response.status = 202;
  return response;
}

Api::Result Api::ListObservations(const Caller& caller, const Request& request) const {
  broker::v1::ListObservationsRequest query;
  Parameters parameters(request, {"device", "resident", "kind", "since", "until", "page_size", "page_token"});
  query.set_device(parameters.Text("device"));
  query.set_resident(parameters.Text("resident"));
  query.set_kind(parameters.Text("kind"));
  if (const auto since = parameters.Time("since")) *query.mutable_since() = ToProto(*since);
  if (const auto until = parameters.Time("until")) *query.mutable_until() = ToProto(*until);
  query.set_page_size(parameters.PageSize());
  query.set_page_token(parameters.Text("page_token"));
  if (!parameters.status().ok()) return parameters.status();
  const auto page = deps_.ports.observations.List(caller.id, query);
  if (!page.ok()) return page.status();
  std::string text = ListText("observations", page->observations(), page->next_page_token());
  // That blocked data exist, not what they are.
  if (page->blocked()) text.insert(1, "\"blocked\":true,");
  if (page->incomplete()) text.insert(1, "\"incomplete\":true,");
  return JsonResponse(std::move(text));
}

Api::Result Api::Stream(const Caller& caller, const Request& request) {
  const auto allowed = [&authorizer = deps_.authorizer, &sessions = deps_.sessions,
                        credentials = CredentialsOf(request), id = caller.id] {
    const auto now = WhoCalls(authorizer, sessions, credentials);
    return now.ok() && now->id == id;
  };
  auto events = deps_.feeds.Open(caller, request.Header("last-event-id"), allowed);
  if (!events.ok()) return events.status();
  Response response;
  response.content_type = "text/event-stream";
  response.events = *std::move(events);
  return response;
}

}  // namespace nara::gateway
