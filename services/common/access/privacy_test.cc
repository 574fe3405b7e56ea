// Consents and blocks, as the authorizer decides by them.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/access/authorizer.h"
#include "common/time/proto_time.h"

namespace nara {
namespace {

using registry::v1::Client;
using registry::v1::ResidentPrivacy;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Answer = Decision::Answer;

Client Care(const std::string& id, const std::string& principal, const std::vector<std::string>& units,
            const std::vector<std::string>& providers) {
  Client client;
  client.set_id(id);
  client.set_role("care_unit");
  client.set_principal(principal);
  for (const std::string& unit : units) client.add_units(unit);
  for (const std::string& provider : providers) client.add_providers(provider);
  return client;
}

class PrivacyRulesTest : public ::testing::Test {
 protected:
  PrivacyRulesTest() {
    Client centre = Care("centre", "1480", {}, {});
    centre.set_role("alarm_centre");
    clients_.Apply(true,
                   {Care("own", "1480", {"u-1"}, {"p-1"}), Care("sister", "1480", {"u-2"}, {"p-1"}),
                    Care("other", "1490", {"u-9"}, {"p-9"}), Care("all", "1480", {}, {}), centre},
                   1);
    privacy_.Apply(true, {}, 1);
    privacy_.Confirmed(now_);
  }

  // Replaces what r-1 lets others see.
  void Privacy(const std::string& text) {
    ResidentPrivacy privacy;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &privacy)) << text;
    privacy.set_resident("r-1");
    privacy.set_revision(++revision_);
    privacy_.Apply(false, {privacy}, revision_);
  }
  static Object Reading(registry::v1::DataUse use = registry::v1::DATA_USE_CARE) {
    return {.principal = "1480",
            .unit = "u-1",
            .owner = {},
            .receivers = {},
            .provider = "p-1",
            .resident = "r-1",
            .use = use};
  }
  Answer Ask(const std::string& caller, const Object& object = Reading()) {
    return authorizer_.Decide(caller, Action::kReadCareData, object).answer;
  }

  SteadyTime now_{};
  std::uint64_t revision_ = 1;
  ManualClock clock_{absl::FromUnixSeconds(1'771'310'000)};
  AccessTable clients_{[this] { return now_; }};
  PrivacyTable privacy_{[this] { return now_; }};
  Authorizer authorizer_{clients_, privacy_, clock_};
};

TEST_F(PrivacyRulesTest, WithoutAConsentOthersSeeNothing) {
  EXPECT_EQ(Ask("own"), Answer::kAllowed);
  EXPECT_EQ(Ask("all"), Answer::kAllowed);
  EXPECT_EQ(Ask("sister"), Answer::kHidden);
  EXPECT_EQ(Ask("other"), Answer::kHidden);
}

TEST_F(PrivacyRulesTest, AConsentLetsItsRecipientsReadAndNobodyElse) {
  for (const char* recipient : {"unit: 'u-9'", "provider: 'p-9'", "client: 'other'"}) {
    Privacy("consents { use: DATA_USE_CARE recipients { " + std::string(recipient) + " } }");
    EXPECT_EQ(Ask("other"), Answer::kAllowed) << recipient;
    EXPECT_EQ(Ask("sister"), Answer::kHidden) << recipient;
    EXPECT_THAT(authorizer_.ConsentedResidents(*authorizer_.Resolve("other"), Action::kReadCareData),
                ElementsAre("r-1"));
  }
  Privacy("");
  EXPECT_EQ(Ask("other"), Answer::kHidden) << "withdrawn";
  EXPECT_THAT(authorizer_.ConsentedResidents(*authorizer_.Resolve("other"), Action::kReadCareData), IsEmpty());
}

TEST_F(PrivacyRulesTest, AConsentIsForItsUseAndItsPeriod) {
  Privacy("consents { use: DATA_USE_SUPERVISION recipients { unit: 'u-9' } }");
  EXPECT_EQ(Ask("other"), Answer::kHidden);
  Privacy(
      "consents { use: DATA_USE_CARE recipients { unit: 'u-9' } start_at { seconds: 1771310010 } "
      "end_at { seconds: 1771310020 } }");
  EXPECT_EQ(Ask("other"), Answer::kHidden);
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(Ask("other"), Answer::kAllowed);
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(Ask("other"), Answer::kHidden);
}

TEST_F(PrivacyRulesTest, AConsentGivesNoRoleAnotherRight) {
  Privacy("consents { use: DATA_USE_CARE recipients { client: 'centre' } }");
  EXPECT_EQ(Ask("centre"), Answer::kForbidden);
}

TEST_F(PrivacyRulesTest, ABlockBeatsAConsent) {
  Privacy(
      "consents { use: DATA_USE_CARE recipients { unit: 'u-9' } recipients { unit: 'u-2' } } "
      "blocks { provider: 'p-1' uses: DATA_USE_CARE }");
  EXPECT_EQ(Ask("other"), Answer::kBlocked);
  EXPECT_EQ(Ask("all"), Answer::kBlocked) << "a client of the whole principal is outside of the provider";
  EXPECT_EQ(Ask("sister"), Answer::kAllowed) << "the same provider";
  EXPECT_EQ(Ask("own"), Answer::kAllowed);
}

TEST_F(PrivacyRulesTest, AnInnerBlockKeepsOtherUnitsOfTheProviderOutToo) {
  Privacy(
      "consents { use: DATA_USE_CARE recipients { unit: 'u-2' } } "
      "blocks { provider: 'p-1' unit: 'u-1' uses: DATA_USE_CARE }");
  EXPECT_EQ(Ask("sister"), Answer::kBlocked);
  EXPECT_EQ(Ask("own"), Answer::kAllowed);
  Object elsewhere = Reading();
  elsewhere.unit = "u-3";
  EXPECT_EQ(Ask("sister", elsewhere), Answer::kAllowed) << "data of a unit that has no block";
}

TEST_F(PrivacyRulesTest, ABlockIsForItsProviderItsUseAndItsPeriod) {
  Privacy("blocks { provider: 'p-7' uses: DATA_USE_CARE } blocks { provider: 'p-1' uses: DATA_USE_SUPERVISION }");
  EXPECT_EQ(Ask("all"), Answer::kAllowed);
  Object unknown = Reading();
  unknown.provider = "";
  EXPECT_EQ(Ask("all", unknown), Answer::kBlocked) << "nobody knows that it is not the blocked provider's";
  Privacy("blocks { provider: 'p-1' uses: DATA_USE_CARE end_at { seconds: 1771310010 } }");
  EXPECT_EQ(Ask("all"), Answer::kBlocked);
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(Ask("all"), Answer::kAllowed);
}

TEST_F(PrivacyRulesTest, ABlockStopsNoAlarm) {
  Privacy("blocks { provider: 'p-1' uses: DATA_USE_CARE uses: DATA_USE_SUPERVISION }");
  now_ += std::chrono::hours(1);
  EXPECT_TRUE(authorizer_.Decide("centre", Action::kReadAlert, Reading()).allowed());
  EXPECT_TRUE(authorizer_.Decide("own", Action::kReadAlert, Reading()).allowed());
}

TEST_F(PrivacyRulesTest, RightsThatTheRegistryDoesNotVouchForCarryNothingAcross) {
  Privacy("consents { use: DATA_USE_CARE recipients { unit: 'u-9' } }");
  now_ += std::chrono::milliseconds(1001);
  privacy_.Heard(revision_);
  EXPECT_EQ(Ask("other"), Answer::kWait) << "that something is heard is not enough: it may have waited on its way";
  EXPECT_EQ(Ask("all"), Answer::kWait);
  EXPECT_EQ(Ask("sister"), Answer::kHidden) << "nobody waits for what is not its own";
  EXPECT_EQ(Ask("own"), Answer::kAllowed);
  privacy_.Confirmed(now_);
  EXPECT_EQ(Ask("other"), Answer::kAllowed);
}

TEST_F(PrivacyRulesTest, AnAuthorizerWithoutPrivacyLetsNobodyAcross) {
  const Authorizer narrow(clients_);
  EXPECT_EQ(narrow.Decide("own", Action::kReadCareData, Reading()).answer, Answer::kAllowed);
  EXPECT_EQ(narrow.Decide("all", Action::kReadCareData, Reading()).answer, Answer::kWait);
}

TEST_F(PrivacyRulesTest, SupervisionWaitsForTheRegistryAlsoInsideTheUnitThatAnswers) {
  Privacy("consents { giver: CONSENT_GIVER_RESIDENT use: DATA_USE_SUPERVISION }");
  const Object seen = Reading(registry::v1::DATA_USE_SUPERVISION);
  EXPECT_EQ(Ask("own", seen), Answer::kAllowed);
  now_ += std::chrono::milliseconds(1001);
  EXPECT_EQ(Ask("own", seen), Answer::kWait) << "the consent may have been withdrawn";
  privacy_.Confirmed(now_);
  EXPECT_EQ(Ask("own", seen), Answer::kAllowed);
}

TEST_F(PrivacyRulesTest, SupervisionNeedsTheConsentOfEverybodyInTheHome) {
  const Object seen = Reading(registry::v1::DATA_USE_SUPERVISION);
  EXPECT_EQ(Ask("own", seen), Answer::kBlocked);
  Privacy("consents { giver: CONSENT_GIVER_RESIDENT use: DATA_USE_SUPERVISION cohabitants: 1 }");
  EXPECT_EQ(Ask("own", seen), Answer::kBlocked);
  Privacy(
      "consents { giver: CONSENT_GIVER_RESIDENT use: DATA_USE_SUPERVISION cohabitants: 2 } "
      "consents { giver: CONSENT_GIVER_COHABITANT cohabitant: 'h-1' use: DATA_USE_SUPERVISION } "
      "consents { giver: CONSENT_GIVER_COHABITANT cohabitant: 'h-1' use: DATA_USE_SUPERVISION }");
  EXPECT_EQ(Ask("own", seen), Answer::kBlocked) << "the same relative twice";
  Privacy(
      "consents { giver: CONSENT_GIVER_RESIDENT use: DATA_USE_SUPERVISION cohabitants: 1 } "
      "consents { giver: CONSENT_GIVER_COHABITANT cohabitant: 'h-1' use: DATA_USE_SUPERVISION }");
  EXPECT_EQ(Ask("own", seen), Answer::kAllowed);
  EXPECT_EQ(Ask("sister", seen), Answer::kHidden) << "who may receive is another question";
  Privacy("consents { giver: CONSENT_GIVER_COHABITANT cohabitant: 'h-1' use: DATA_USE_SUPERVISION }");
  EXPECT_EQ(Ask("own", seen), Answer::kBlocked) << "a relative does not consent for the resident";
}

}  // namespace
}  // namespace nara
