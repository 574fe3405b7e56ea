#include "gateway/api/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rpc/error.h"
#include "gateway/api/json_input.h"
#include "gateway/testing/fakes.h"

namespace nara::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCode[] = "0123-4567-89ab-cdef";
constexpr char kEnrol[] = R"({"code":"0123-4567-89ab-cdef","csr_pem":"request"})";
constexpr char kRenew[] = R"({"certificate_pem":"certificate","csr_pem":"request","signature":"c2lnbmVk"})";

class AdmissionTest : public ::testing::Test {
 protected:
  AdmissionTest() { admission_.AddTo(router_); }

  Response Post(const std::string& target, const std::string& body, const std::string& address = "192.0.2.1",
                const std::string& type = "application/json") {
    Request request;
    request.method = "POST";
    EXPECT_TRUE(ParseTarget(target, request));
    request.headers["content-type"] = type;
    request.address = address;
    request.body = body;
    return router_.Handle(request);
  }
  Response Enrol(const std::string& body = kEnrol, const std::string& device = "bp-0001",
                 const std::string& address = "192.0.2.1") {
    return Post("/api/v1/enrolments/" + device, body, address);
  }
  Response Renew(const std::string& body = kRenew) { return Post("/api/v1/certificates/bp-0001", body); }
  void Refuse() {
    devices_.refusal = rpc::Error(absl::StatusCode::kPermissionDenied, "ENROLMENT_REFUSED", "ask for a new code");
  }

  testing::FakeDevices devices_;
  metrics::Registry registry_;
  Metrics metrics_{registry_};
  ManualClock clock_;
  Router router_;
  Admission admission_{devices_, metrics_, clock_};
};

TEST_F(AdmissionTest, ADeviceGetsItsFirstCertificateByACode) {
  const Response response = Enrol();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"device":"bp-0001","certificate_pem":"cert of bp-0001","shard":7})");
  EXPECT_EQ(devices_.enrolled.code(), kCode);
  EXPECT_EQ(devices_.enrolled.csr_pem(), "request");
  EXPECT_THAT(registry_.Text(), HasSubstr(R"(nara_gateway_admissions_total{result="given"} 1)"));
}

TEST_F(AdmissionTest, ADeviceGetsItsNextCertificateByProof) {
  EXPECT_EQ(Renew().status, 200);
  EXPECT_EQ(devices_.renewed.device(), "bp-0001");
  EXPECT_EQ(devices_.renewed.certificate_pem(), "certificate");
  EXPECT_EQ(devices_.renewed.signature(), "signed");
}

TEST_F(AdmissionTest, TheRegistrysRefusalIsToldWithItsReason) {
  Refuse();
  const Response response = Enrol();
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_THAT(response.body, HasSubstr("ENROLMENT_REFUSED"));
  EXPECT_THAT(response.body, Not(HasSubstr("0123")));
  EXPECT_THAT(registry_.Text(), HasSubstr(R"(nara_gateway_admissions_total{result="refused"} 1)"));
}

TEST_F(AdmissionTest, WhoGuessesIsHeldUpAndTheDeviceIsNot) {
  Refuse();
  for (int i = 0; i < 100; ++i) Enrol();
  EXPECT_EQ(devices_.asked, Attempts::kRefusedOfDevice.at_once);
  const Response held_up = Enrol();
  EXPECT_EQ(held_up.status, 429);
  EXPECT_EQ(held_up.headers.back().first, "retry-after");
  EXPECT_THAT(held_up.body, HasSubstr("TOO_MANY_ATTEMPTS"));
  devices_.refusal = absl::OkStatus();
  EXPECT_EQ(Enrol(kEnrol, "bp-0001", "192.0.2.2").status, 200);
}

TEST_F(AdmissionTest, ARegistryThatIsDownIsNoRefusal) {
  devices_.refusal = absl::UnavailableError("the registry does not answer");
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Enrol().status, 503) << i;
    clock_.Advance(Attempts::kOfDevice.each);
  }
}

TEST_F(AdmissionTest, WhatEndedWithoutAnAnswerMayHaveBeenRefused) {
  devices_.refusal = absl::DeadlineExceededError("no answer");
  for (int i = 0; i < 20; ++i) Enrol();
  EXPECT_EQ(devices_.asked, Attempts::kRefusedOfDevice.at_once);
}

TEST_F(AdmissionTest, HostileInputDoesNotReachTheRegistry) {
  const std::string huge = R"({"code":"0123-4567-89ab-cdef","csr_pem":")" + std::string(100'000, 'A') + R"("})";
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string("\xff\xfe"),
        std::string(R"({"csr_pem":"request"})"), std::string(R"({"code":"0123-4567-89ab-cdef"})"),
        std::string(R"({"code":7,"csr_pem":"request"})"), std::string(R"({"code":"","csr_pem":"request"})"),
        std::string(R"({"code":"0123-4567-89ab-cde","csr_pem":"request"})"),
        std::string(R"({"code":"0123-4567-89ab-cdef","csr_pem":["request"]})"),
        std::string(R"({"code":"0123-4567-89ab-cdef","csr_pem":"request","device":"bp-0002"})"), huge}) {
    EXPECT_EQ(Enrol(body).status, 400) << body.substr(0, 100);
  }
  for (const char* body : {R"({"certificate_pem":"certificate","csr_pem":"request","signature":"not base64!"})",
                           R"({"certificate_pem":"certificate","csr_pem":"request"})",
                           R"({"csr_pem":"request","signature":"c2lnbmVk"})"}) {
    EXPECT_EQ(Renew(body).status, 400) << body;
  }
  for (const char* device : {"BP-0001", "nara-gateway", "x", "bp%200001", "bp%2f0001"}) {
    EXPECT_GE(Enrol(kEnrol, device).status, 400) << device;
  }
  EXPECT_EQ(Post("/api/v1/enrolments/bp-0001", kEnrol, "192.0.2.1", "text/plain").status, 400);
  EXPECT_EQ(devices_.asked, 0);
}

TEST_F(AdmissionTest, ACodeOfTheWrongLengthIsNoTry) {
  Refuse();
  for (int i = 0; i < 20; ++i) Enrol(R"({"code":"0123-4567-89ab","csr_pem":"request"})");
  EXPECT_EQ(Enrol().status, 403);
}

}  // namespace
}  // namespace nara::gateway
