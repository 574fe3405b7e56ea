// Consents, on a real PostgreSQL.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "common/rpc/error.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

using ::testing::HasSubstr;

constexpr char kConsent[] =
    "id: 'c-1' resident: 'r-1' giver: CONSENT_GIVER_RESIDENT use: DATA_USE_CARE form: CONSENT_FORM_ORAL "
    "recipients { unit: 'care-1490-1' } ";
constexpr char kRelative[] =
    "id: 'c-2' resident: 'r-1' giver: CONSENT_GIVER_COHABITANT cohabitant: 'h-1' use: DATA_USE_SUPERVISION "
    "form: CONSENT_FORM_WRITTEN ";

template <typename T>
std::string Reason(const absl::StatusOr<T>& result) {
  return rpc::ReasonOf(result.status());
}

class ConsentsTest : public ::testing::Test {
 protected:
  ConsentsTest() { county_.Fill(); }

  absl::StatusOr<v1::PutConsentResponse> Put(const std::string& text, const std::string& who = "chef-1480") {
    v1::PutConsentRequest request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, request.mutable_consent())) << text;
    return county_.privacy().PutConsent(county_.As(who), request);
  }
  absl::StatusOr<v1::WithdrawConsentResponse> Withdraw(const std::string& id, const std::string& who = "chef-1480") {
    v1::WithdrawConsentRequest request;
    request.set_consent(id);
    request.set_reason("does not want it any more");
    return county_.privacy().WithdrawConsent(county_.As(who), request);
  }
  absl::StatusOr<v1::ListConsentsResponse> List(const std::string& who = "chef-1480",
                                                const std::string& resident = "r-1") {
    v1::ListConsentsRequest request;
    request.set_resident(resident);
    return county_.privacy().ListConsents(county_.As(who), request);
  }

  testing::County county_;
};

TEST_F(ConsentsTest, IsStoredAndWithdrawnForGood) {
  const auto put = Put(kConsent);
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_TRUE(put->consent().has_start_at());
  EXPECT_EQ(List()->consents(0).SerializeAsString(), put->consent().SerializeAsString());
  const auto withdrawn = Withdraw("c-1");
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.status();
  EXPECT_TRUE(withdrawn->consent().has_withdrawn_at());
  EXPECT_EQ(withdrawn->consent().withdrawn_reason(), "does not want it any more");
  EXPECT_EQ(Withdraw("c-1")->consent().SerializeAsString(), withdrawn->consent().SerializeAsString()) << "a retry";
  EXPECT_EQ(Reason(Put(kConsent)), "CONSENT_WITHDRAWN");
  EXPECT_THAT(county_.Ask("select before::text || detail::text from registry.changes where action = 'withdraw'"),
              HasSubstr("does not want it"));
}

TEST_F(ConsentsTest, TheWatchShowsThemUnderTheirResident) {
  ASSERT_TRUE(Put(kConsent).ok());
  PostgresOptions options;
  options.conninfo = county_.server().conninfo("nara_registry");
  options.schema = "registry";
  const auto state = PostgresChanges(options).ReadAfter(0);
  ASSERT_TRUE(state.ok()) << state.status();
  ASSERT_EQ(state->privacy.size(), 1u);
  EXPECT_EQ(state->privacy[0].resident(), "r-1");
  ASSERT_EQ(state->privacy[0].consents_size(), 1);
  EXPECT_EQ(state->privacy[0].consents(0).recipients(0).unit(), "care-1490-1");
}

TEST_F(ConsentsTest, TheSameAgainIsTheSameAndOtherContentIsAnotherConsent) {
  const auto first = Put(kConsent);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Put(kConsent)->consent().SerializeAsString(), first->consent().SerializeAsString());
  EXPECT_EQ(Reason(Put(std::string(kConsent) + "recipients { provider: 'provider of 1490' }")), "CONSENT_DIFFERS");
  v1::Consent wider = first->consent();
  wider.add_recipients()->set_provider("provider of 1490");
  ASSERT_TRUE(Put(wider.ShortDebugString()).ok());
  EXPECT_EQ(List()->consents(0).recipients_size(), 2);
  wider.add_recipients()->set_client("care");
  EXPECT_EQ(Reason(Put(wider.ShortDebugString())), "STALE_VERSION");
  wider.set_resident("r-2");
  EXPECT_EQ(Reason(Put(wider.ShortDebugString())), "CONSENT_DIFFERS") << "it stays the first resident's";
}

TEST_F(ConsentsTest, OnlyWhoAnswersForTheResidentSeesThem) {
  ASSERT_TRUE(Put(kConsent).ok());
  EXPECT_EQ(Reason(List("care")), "UNKNOWN_RESIDENT");
  EXPECT_EQ(Reason(Withdraw("c-1", "care")), "UNKNOWN_CONSENT");
  ASSERT_TRUE(county_.Assign("a-1", "bp-0001", "r-1", 1'700'000'000).ok());
  EXPECT_EQ(List("care")->consents_size(), 1);
  EXPECT_EQ(Reason(List("chef-1490")), "UNKNOWN_RESIDENT");
  EXPECT_EQ(Reason(Put(kConsent, "chef-1490")), "UNKNOWN_RESIDENT");
  EXPECT_EQ(Reason(Withdraw("c-1", "chef-1490")), "UNKNOWN_CONSENT");
  EXPECT_EQ(Reason(Withdraw("no-such", "chef-1490")), "UNKNOWN_CONSENT");
  for (const char* who : {"centre-1480", "watch", "hmc", "admin", "ingest"}) {
    EXPECT_EQ(Reason(List(who)), "FORBIDDEN") << who;
    EXPECT_EQ(Reason(Put(kConsent, who)), "FORBIDDEN") << who;
    EXPECT_EQ(Reason(Withdraw("c-1", who)), "FORBIDDEN") << who;
  }
}

TEST_F(ConsentsTest, ARecipientIsThere) {
  const auto with = [](const std::string& recipient) {
    return "id: 'c-9' resident: 'r-1' giver: CONSENT_GIVER_RESIDENT use: DATA_USE_CARE form: CONSENT_FORM_ORAL "
           "recipients { " +
           recipient + " }";
  };
  EXPECT_EQ(Reason(Put(with("unit: 'no-such'"))), "UNKNOWN_UNIT");
  EXPECT_EQ(Reason(Put(with("provider: 'no-such'"))), "UNKNOWN_PROVIDER");
  EXPECT_EQ(Reason(Put(with("client: 'no-such'"))), "UNKNOWN_CLIENT");
  EXPECT_EQ(Reason(Put(with("client: 'centre-1490'"))), "UNKNOWN_CLIENT") << "an alarm centre receives no care data";
  EXPECT_EQ(county_.Ask("select count(*) from registry.consents"), "0");
}

TEST_F(ConsentsTest, ARelativeConsentsToSupervisionOnly) {
  ASSERT_TRUE(Put(kRelative).ok());
  for (const char* bad : {
           "id: 'c-3' resident: 'r-1' giver: CONSENT_GIVER_COHABITANT cohabitant: 'h-1' use: DATA_USE_CARE "
           "form: CONSENT_FORM_ORAL",
           "id: 'c-3' resident: 'r-1' giver: CONSENT_GIVER_COHABITANT use: DATA_USE_SUPERVISION form: "
           "CONSENT_FORM_ORAL",
           "id: 'c-3' resident: 'r-1' giver: CONSENT_GIVER_COHABITANT cohabitant: 'h-1' use: DATA_USE_SUPERVISION "
           "form: CONSENT_FORM_ORAL recipients { unit: 'care-1490-1' }",
           "id: 'c-3' resident: 'r-1' giver: CONSENT_GIVER_RESIDENT cohabitant: 'h-1' use: DATA_USE_SUPERVISION "
           "form: CONSENT_FORM_ORAL",
           "id: 'c-3' resident: 'r-1' giver: CONSENT_GIVER_RESIDENT use: DATA_USE_CARE form: CONSENT_FORM_ORAL",
           "id: 'c-3' resident: 'r-1' giver: CONSENT_GIVER_RESIDENT use: DATA_USE_SUPERVISION cohabitants: 21 "
           "form: CONSENT_FORM_ORAL",
           "id: 'c-3' resident: 'r-1' use: DATA_USE_SUPERVISION form: CONSENT_FORM_ORAL",
           "id: 'c-3' resident: 'r-1' giver: CONSENT_GIVER_RESIDENT use: DATA_USE_SUPERVISION",
           "id: 'c-3' resident: 'r-1' giver: CONSENT_GIVER_RESIDENT use: DATA_USE_CARE form: CONSENT_FORM_ORAL "
           "recipients { unit: 'care-1490-1' client: 'care' }",
           "id: 'c-3' resident: 'r-1' giver: CONSENT_GIVER_RESIDENT use: DATA_USE_CARE form: CONSENT_FORM_ORAL "
           "recipients { unit: 'care-1490-1' } recipients { unit: 'care-1490-1' }",
           "id: 'c-3' resident: 'r-1' giver: CONSENT_GIVER_RESIDENT use: DATA_USE_CARE form: CONSENT_FORM_ORAL "
           "recipients { unit: 'care-1490-1' } start_at { seconds: 1800000000 } end_at { seconds: 1700000000 }",
       }) {
    EXPECT_EQ(Reason(Put(bad)), "INVALID_FIELD") << bad;
  }
  EXPECT_EQ(county_.Ask("select count(*) from registry.consents"), "1");
}

TEST_F(ConsentsTest, TheDatabaseForgetsNone) {
  ASSERT_TRUE(Put(kRelative).ok());
  EXPECT_THAT(county_.Try("delete from registry.consents"), HasSubstr("for ever"));
  EXPECT_THAT(county_.Try("update registry.consents set cohabitant = 'h-2'"), HasSubstr("for ever"));
  EXPECT_NE(county_.Try("insert into registry.consent_recipients (consent, ordinal, unit) "
                        "values ('c-2', 1, 'care-1490-1')"),
            "")
      << "a relative names nobody";
}

TEST_F(ConsentsTest, AChangeTakesEffectBeforeItIsAnswered) {
  const auto put = Put(kConsent);
  ASSERT_TRUE(put.ok());
  EXPECT_FALSE(put->has_in_force()) << "a new one takes nothing away";
  v1::Consent shorter = put->consent();
  shorter.mutable_end_at()->set_seconds(4'000'000'000);
  EXPECT_TRUE(Put(shorter.ShortDebugString())->has_in_force());
  EXPECT_TRUE(Withdraw("c-1")->has_in_force());
}

}  // namespace
}  // namespace nara::registry
