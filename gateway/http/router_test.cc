#include "gateway/http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace nara::gateway {
namespace {

using testing::HasSubstr;

Request To(const std::string& method, const std::string& path) {
  Request request;
  request.method = method;
  request.path = path;
  return request;
}

Response Body(const std::string& body) {
  Response response;
  response.body = body;
  return response;
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    router_.Add("GET", "/alerts/{id}", [](const Request&, const PathParameters& path) { return Body(path.at("id")); });
    router_.Add("POST", "/alerts/{id}", [](const Request&, const PathParameters&) -> absl::StatusOr<Response> {
      return absl::FailedPreconditionError("taken by centre-1480");
    });
    router_.Add("GET", "/throws", [](const Request&, const PathParameters&) -> absl::StatusOr<Response> {
      throw std::runtime_error("secret");
    });
  }
  Router router_;
};

TEST_F(RouterTest, GivesWhatStandsInThePlaceOfAParameter) {
  EXPECT_EQ(router_.Handle(To("GET", "/alerts/a1")).body, "a1");
}

TEST_F(RouterTest, TakesNoEmptyParameter) {
  EXPECT_EQ(router_.Handle(To("GET", "/alerts/")).status, 404);
}

TEST_F(RouterTest, NamesTheMethodsThatAPathTakes) {
  const Response response = router_.Handle(To("DELETE", "/alerts/a1"));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.front().second, "GET, POST");
}

TEST_F(RouterTest, TurnsAnErrorIntoProblemDetails) {
  const Response response = router_.Handle(To("POST", "/alerts/a1"));
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_THAT(response.body, HasSubstr("taken by centre-1480"));
}

TEST_F(RouterTest, KeepsWhatWasThrownInside) {
  const Response response = router_.Handle(To("GET", "/throws"));
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, Not(HasSubstr("secret")));
}

TEST_F(RouterTest, LeavesTheRestToTheFallbackForReadingOnly) {
  router_.SetFallback([](const Request&, const PathParameters&) { return Body("app"); });
  EXPECT_EQ(router_.Handle(To("GET", "/")).body, "app");
  EXPECT_EQ(router_.Handle(To("POST", "/")).status, 404);
}

TEST_F(RouterTest, NamesTheRouteThatAnswered) {
  router_.SetFallback([](const Request&, const PathParameters&) { return Body("app"); });
  EXPECT_EQ(router_.Handle(To("GET", "/alerts/a1")).route, "GET /alerts/{id}");
  EXPECT_EQ(router_.Handle(To("POST", "/alerts/a1")).route, "POST /alerts/{id}");
  EXPECT_EQ(router_.Handle(To("GET", "/throws")).route, "GET /throws");
  EXPECT_EQ(router_.Handle(To("DELETE", "/alerts/a1")).route, "none");
  EXPECT_EQ(router_.Handle(To("GET", "/")).route, "web");
  EXPECT_EQ(router_.Handle(To("POST", "/")).route, "none");
}

}  // namespace
}  // namespace nara::gateway
