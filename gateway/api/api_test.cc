#include "gateway/api/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "common/testing/wait_for.h"
#include "common/time/clock.h"
#include "gateway/api/admission.h"
#include "gateway/api/json_input.h"
#include "gateway/testing/fakes.h"

namespace nara::gateway {
namespace {

using ::nara::testing::WaitFor;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

registry::v1::Client Client(const std::string& id, const std::string& role, const std::string& token) {
  registry::v1::Client client;
  client.set_id(id);
  client.set_role(role);
  client.set_principal("1480");
  client.set_token_sha256(TokenHash(token));
  return client;
}

class ApiTest : public ::testing::Test {
 protected:
  ApiTest() {
    access_.OnChange([this](const auto&) { sessions_.EndStale(); });
    access_.Apply(
        true, {Client("care-1480", "care_unit", "care-token"), Client("centre-1480", "alarm_centre", "centre-token")},
        1);
    Api::Options options;
    options.openapi = OpenApi();
    options.personas = {{"centre-1480", "Larmmottagning", "alarm_centre", "1480"}};
    api_ = std::make_unique<Api>(
        options, Api::Deps{authorizer_, catalogue_, sessions_, feeds_, {fleet_, alerts_, observations_}, metrics_});
    api_->AddTo(router_);
    admission_.AddTo(router_);
  }

  static std::string OpenApi() {
    std::ifstream in(NARA_SOURCE_DIR "/gateway/api/openapi.json");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  Response Send(Request request, const std::string& method, const std::string& target, const std::string& body = "") {
    request.method = method;
    EXPECT_TRUE(ParseTarget(target, request));
    request.body = body;
    return router_.Handle(request);
  }
  static Request With(const std::string& header, const std::string& value) {
    Request request;
    request.headers[header] = value;
    return request;
  }
  static Request Bearer(const std::string& token) { return With("authorization", "Bearer " + token); }
  static Request Json(Request request) {
    request.headers["content-type"] = "application/json";
    return request;
  }
  // The request of a browser that has signed in by this response.
  static Request Browser(const Response& signed_in) {
    Request request;
    for (const auto& [name, value] : signed_in.headers) {
      if (name == "set-cookie") ParseCookies(value.substr(0, value.find(';')), request);
    }
    return request;
  }

  static registry::v1::Client Revoked(registry::v1::Client client) {
    client.set_revoked(true);
    return client;
  }
  void Put(registry::v1::Client client) {
    client.set_revision(++revision_);
    access_.Apply(false, {client}, revision_);
  }
  Request SignIn(const std::string& token) {
    return Browser(Send(Json({}), "POST", "/api/v1/session", "{\"token\":\"" + token + "\"}"));
  }
  static bool Closes(const std::shared_ptr<EventQueue>& page) {
    return WaitFor([&] { return page->closed(); }, std::chrono::seconds(1));
  }

  std::uint64_t revision_ = 1;
  AccessTable access_;
  Authorizer authorizer_{access_};
  ManualClock clock_;
  Sessions sessions_{authorizer_, clock_};
  testing::FakeFleet fleet_;
  testing::FakeAlerts alerts_;
  testing::FakeObservations observations_;
  Catalogue catalogue_;
  metrics::Registry registry_;
  Metrics metrics_{registry_};
  LiveFeeds feeds_{Ports{fleet_, alerts_, observations_}, metrics_, clock_};
  testing::FakeDevices devices_;
  Admission admission_{devices_, metrics_, clock_};
  Router router_;
  std::unique_ptr<Api> api_;
};

TEST_F(ApiTest, NobodyGetsAnythingWithoutASession) {
  for (const char* path : {"/api/v1/session", "/api/v1/catalogue", "/api/v1/fleet", "/api/v1/alerts",
                           "/api/v1/alerts/a", "/api/v1/observations", "/api/v1/stream"}) {
    EXPECT_EQ(Send({}, "GET", path).status, 401) << path;
    EXPECT_EQ(Send(Bearer("wrong"), "GET", path).status, 401) << path;
    EXPECT_EQ(Send(Bearer(""), "GET", path).status, 401) << path;
    EXPECT_EQ(Send(With("cookie", "nara_session=forged"), "GET", path).status, 401) << path;
  }
  EXPECT_THAT(fleet_.asked_by, IsEmpty());
}

TEST_F(ApiTest, ServicesAreAskedOnBehalfOfTheTokensClient) {
  EXPECT_EQ(Send(Bearer("care-token"), "GET", "/api/v1/observations?kind=blood_pressure&page_size=5").status, 200);
  EXPECT_EQ(observations_.asked_by, "care-1480");
  EXPECT_EQ(observations_.listed.kind(), "blood_pressure");
  EXPECT_EQ(observations_.listed.page_size(), 5);
}

TEST_F(ApiTest, APersonaSignsInWithACookieThatScriptsCannotRead) {
  const Response signed_in = Send(Json({}), "POST", "/api/v1/session", R"({"persona":"centre-1480"})");
  ASSERT_EQ(signed_in.status, 200);
  EXPECT_THAT(signed_in.headers.back().second, HasSubstr("HttpOnly; SameSite=Strict"));
  EXPECT_THAT(Send(Browser(signed_in), "GET", "/api/v1/session").body, HasSubstr(R"("client":"centre-1480")"));
}

TEST_F(ApiTest, OnlyAPersonaOfTheListSignsInByName) {
  EXPECT_EQ(Send(Json({}), "POST", "/api/v1/session", R"({"persona":"care-1480"})").status, 401);
  EXPECT_EQ(Send(Json({}), "POST", "/api/v1/session", R"({"persona":""})").status, 401);
  EXPECT_EQ(Send(Json({}), "POST", "/api/v1/session", R"({})").status, 401);
}

TEST_F(ApiTest, ASessionEnds) {
  const Request browser = Browser(Send(Json({}), "POST", "/api/v1/session", R"({"token":"care-token"})"));
  EXPECT_EQ(Send(browser, "GET", "/api/v1/session").status, 200);
  clock_.Advance(Sessions::kLifetime);
  EXPECT_EQ(Send(browser, "GET", "/api/v1/session").status, 401);
}

TEST_F(ApiTest, SigningInAgainAndAgainPushesOutNobodyElse) {
  const Request centre = Browser(Send(Json({}), "POST", "/api/v1/session", R"({"persona":"centre-1480"})"));
  const Request first = Browser(Send(Json({}), "POST", "/api/v1/session", R"({"token":"care-token"})"));
  for (std::size_t i = 0; i < Sessions::kMostOfOneClient; ++i) {
    clock_.Advance(absl::Milliseconds(1));
    Send(Json({}), "POST", "/api/v1/session", R"({"token":"care-token"})");
  }
  EXPECT_EQ(Send(first, "GET", "/api/v1/session").status, 401) << "the oldest of its own";
  EXPECT_EQ(Send(centre, "GET", "/api/v1/session").status, 200);
}

TEST_F(ApiTest, ASignedOutSessionOpensNothing) {
  const Request browser = Browser(Send(Json({}), "POST", "/api/v1/session", R"({"token":"care-token"})"));
  EXPECT_EQ(Send(browser, "DELETE", "/api/v1/session").status, 204);
  EXPECT_EQ(Send(browser, "GET", "/api/v1/session").status, 401);
}

TEST_F(ApiTest, ARevokedClientOpensNothing) {
  const Request browser = SignIn("care-token");
  Put(Revoked(Client("care-1480", "care_unit", "care-token")));
  EXPECT_EQ(Send(browser, "GET", "/api/v1/fleet").status, 401);
  EXPECT_EQ(Send(Bearer("care-token"), "GET", "/api/v1/fleet").status, 403);
}

TEST_F(ApiTest, ASessionEndsForGoodWhenItsClientIsRevoked) {
  const Request browser = SignIn("care-token");
  Put(Revoked(Client("care-1480", "care_unit", "care-token")));
  Put(Client("care-1480", "care_unit", "care-token"));
  EXPECT_EQ(Send(browser, "GET", "/api/v1/session").status, 401);
  EXPECT_EQ(Send(SignIn("care-token"), "GET", "/api/v1/session").status, 200);
}

TEST_F(ApiTest, ASessionEndsForGoodWhenItsClientGetsAnotherToken) {
  const Request browser = SignIn("care-token");
  const Request persona = Browser(Send(Json({}), "POST", "/api/v1/session", R"({"persona":"centre-1480"})"));
  Put(Client("care-1480", "care_unit", "new-token"));
  Put(Client("centre-1480", "alarm_centre", ""));
  Put(Client("care-1480", "care_unit", "care-token"));
  EXPECT_EQ(Send(browser, "GET", "/api/v1/session").status, 401);
  EXPECT_EQ(Send(persona, "GET", "/api/v1/session").status, 401);
}

TEST_F(ApiTest, ASessionEndsWhenItsClientIsGone) {
  const Request browser = SignIn("care-token");
  access_.Apply(true, {Client("centre-1480", "alarm_centre", "centre-token")}, ++revision_);
  EXPECT_EQ(Send(browser, "GET", "/api/v1/session").status, 401);
}

TEST_F(ApiTest, OtherChangesOfAClientLeaveItsSession) {
  const Request browser = SignIn("care-token");
  auto moved = Client("care-1480", "care_unit", "care-token");
  moved.add_units("care-1480-2");
  Put(moved);
  Put(Revoked(Client("centre-1480", "alarm_centre", "centre-token")));
  EXPECT_THAT(Send(browser, "GET", "/api/v1/session").body, HasSubstr("care-1480-2"));
}

TEST_F(ApiTest, SigningInAgainEndsTheSessionBefore) {
  const Request before = SignIn("care-token");
  const Request after = Browser(Send(Json(before), "POST", "/api/v1/session", R"({"token":"centre-token"})"));
  EXPECT_EQ(Send(before, "GET", "/api/v1/session").status, 401);
  EXPECT_EQ(Send(after, "GET", "/api/v1/session").status, 200);
}

TEST_F(ApiTest, ALiveFeedEndsWithItsSession) {
  const auto revoked = Send(SignIn("care-token"), "GET", "/api/v1/stream").events;
  const Request browser = SignIn("centre-token");
  const auto signed_out = Send(browser, "GET", "/api/v1/stream").events;
  const auto other = Send(SignIn("centre-token"), "GET", "/api/v1/stream").events;
  Put(Revoked(Client("care-1480", "care_unit", "care-token")));
  Send(browser, "DELETE", "/api/v1/session");
  EXPECT_TRUE(Closes(revoked));
  EXPECT_TRUE(Closes(signed_out));
  EXPECT_FALSE(other->closed());
}

TEST_F(ApiTest, ALiveFeedEndsWithItsToken) {
  const auto page = Send(Bearer("care-token"), "GET", "/api/v1/stream").events;
  Put(Client("care-1480", "care_unit", "new-token"));
  EXPECT_TRUE(Closes(page));
}

TEST_F(ApiTest, AFormOfAnotherPageCannotAct) {
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded"}) {
    Request request = Bearer("centre-token");
    request.headers["content-type"] = type;
    EXPECT_EQ(Send(request, "POST", "/api/v1/alerts/a1/accept", "{}").status, 400) << type;
  }
  EXPECT_THAT(alerts_.acts, IsEmpty());
}

TEST_F(ApiTest, AlertsAreAcceptedRejectedAndResolved) {
  const Request request = Json(Bearer("centre-token"));
  EXPECT_EQ(Send(request, "POST", "/api/v1/alerts/a1/accept", "{}").status, 200);
  EXPECT_EQ(Send(request, "POST", "/api/v1/alerts/a1/reject", R"({"reason":"busy"})").status, 200);
  EXPECT_EQ(Send(request, "POST", "/api/v1/alerts/a1/resolve", R"({"reason":"visited"})").status, 200);
  EXPECT_EQ(Send(request, "POST", "/api/v1/alerts/a1/explode", "{}").status, 404);
  EXPECT_THAT(alerts_.acts, ElementsAre("accept a1", "reject a1 busy", "resolve a1 visited"));
}

TEST_F(ApiTest, TheServicesOwnErrorIsTold) {
  alerts_.act_status = absl::FailedPreconditionError("alert a1 is taken by staff-1480");
  const Response response = Send(Json(Bearer("centre-token")), "POST", "/api/v1/alerts/a1/accept", "{}");
  EXPECT_EQ(response.status, 409);
  EXPECT_THAT(response.body, HasSubstr("taken by staff-1480"));
}

TEST_F(ApiTest, ADeadServiceIsAClear503OnItsOwnPathsOnly) {
  fleet_.answer = absl::UnavailableError("the registry does not answer");
  EXPECT_EQ(Send(Bearer("care-token"), "GET", "/api/v1/fleet").status, 503);
  EXPECT_EQ(Send(Bearer("care-token"), "GET", "/api/v1/alerts").status, 200);
}

TEST_F(ApiTest, AWrongQueryIsRefusedAndNeverIgnored) {
  for (const char* query :
       {"open=yes", "page_size=0", "page_size=1001", "page_size=5x", "pagesize=5", "since=2026-02-17"}) {
    EXPECT_EQ(Send(Bearer("care-token"), "GET", std::string("/api/v1/alerts?") + query).status, 400) << query;
  }
  EXPECT_EQ(Send(Bearer("care-token"), "GET", "/api/v1/observations?since=yesterday").status, 400);
}

TEST_F(ApiTest, BrokenBodiesAreRefused) {
  for (const char* body : {"", "{", "[]", "null", R"({"reason":1})", "\xff\xfe"}) {
    EXPECT_EQ(Send(Json(Bearer("centre-token")), "POST", "/api/v1/alerts/a1/reject", body).status, 400) << body;
  }
}

TEST_F(ApiTest, ValuesKeepTheirDigits) {
  auto* observation = observations_.page.add_observations();
  auto* value = observation->add_values();
  value->set_component("glucose");
  value->set_decimal("5.50");
  value->set_ucum("mmol/L");
  value->set_sent_decimal("99");
  value->set_sent_ucum("mg/dL");
  EXPECT_THAT(Send(Bearer("care-token"), "GET", "/api/v1/observations").body,
              HasSubstr(R"("glucose":{"value":"5.50","ucum":"mmol/L","sent":{"value":"99","ucum":"mg/dL"}})"));
}

TEST_F(ApiTest, SaysThatBlockedObservationsExist) {
  observations_.page.add_observations()->set_kind("weight");
  EXPECT_THAT(Send(Bearer("care-token"), "GET", "/api/v1/observations").body, Not(HasSubstr("blocked")));
  observations_.page.set_blocked(true);
  const Response response = Send(Bearer("care-token"), "GET", "/api/v1/observations");
  EXPECT_TRUE(ParseObject(response.body).ok()) << response.body;
  EXPECT_THAT(response.body, HasSubstr(R"({"blocked":true,"observations":[)"));
}

TEST_F(ApiTest, ATimeThatTheDeviceDidNotGiveIsNotMadeUp) {
  auto* observation = observations_.page.add_observations();
  observation->set_kind("blood_pressure");
  EXPECT_THAT(Send(Bearer("care-token"), "GET", "/api/v1/observations").body, Not(HasSubstr("device_at")));
  observation->mutable_device_at()->set_seconds(1'700'000'000);
  EXPECT_THAT(Send(Bearer("care-token"), "GET", "/api/v1/observations").body,
              HasSubstr(R"("device_at":"2023-11-14T22:13:20)"));
}

TEST_F(ApiTest, AHostileNameIsOnlyText) {
  alerts_.page.add_alerts()->set_device("</script><img src=x>\"\n");
  const Response response = Send(Bearer("care-token"), "GET", "/api/v1/alerts");
  EXPECT_TRUE(ParseObject(response.body).ok());
  EXPECT_EQ(response.content_type, "application/json");
}

TEST_F(ApiTest, APageSaysThatAnOfferIsOnItsScreen) {
  const auto page = Send(Bearer("centre-token"), "GET", "/api/v1/stream").events;
  const Request centre = Json(Bearer("centre-token"));
  EXPECT_EQ(Send(centre, "POST", "/api/v1/alerts/a1/delivered", R"({"version":7})").status, 202);
  EXPECT_THAT(alerts_.attendances.delivered(), ElementsAre("a1 7"));
}

TEST_F(ApiTest, WhoFollowsNothingHasNoScreen) {
  for (const char* token : {"centre-token", "care-token"}) {
    const Response response = Send(Json(Bearer(token)), "POST", "/api/v1/alerts/a1/delivered", R"({"version":7})");
    EXPECT_EQ(response.status, 409);
    EXPECT_THAT(response.body, HasSubstr("NOT_ATTENDING"));
  }
}

TEST_F(ApiTest, ADeliveryNamesTheVersionThatWasShown) {
  for (const char* body : {"{}", R"({"version":"7"})", R"({"version":0})", R"({"version":-1})", R"({"version":1.5})",
                           R"({"version":1e300})", "7", ""}) {
    EXPECT_EQ(Send(Json(Bearer("centre-token")), "POST", "/api/v1/alerts/a1/delivered", body).status, 400) << body;
  }
  EXPECT_EQ(Send(Bearer("centre-token"), "POST", "/api/v1/alerts/a1/delivered", R"({"version":7})").status, 400);
}

TEST_F(ApiTest, ServesExactlyThePathsOfItsDocument) {
  const auto document = ParseObject(OpenApi());
  ASSERT_TRUE(document.ok());
  std::set<std::string> documented;
  for (const auto& [path, methods] : document->fields().at("paths").struct_value().fields()) {
    for (const auto& [method, operation] : methods.struct_value().fields()) {
      std::string name = method;
      for (char& c : name) c = static_cast<char>(std::toupper(c));
      documented.insert(name + " " + path);
    }
  }
  const auto routes = router_.Routes();
  EXPECT_EQ(std::set<std::string>(routes.begin(), routes.end()), documented);
}

}  // namespace
}  // namespace nara::gateway
