#include "ingest/contact_teller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/servers.h"
#include "ingest/presence_store.h"

namespace nara::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

const std::string kDevice = "bp-1";
const int kShard = ShardOf(kDevice);

class ContactTellerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto redis = nara::testing::RedisServer::Start();
    ASSERT_TRUE(redis.ok()) << redis.status();
    redis_ = *std::move(redis);
    store_ = std::make_unique<RedisPresenceStore>(RedisOptions{.address = redis_->address()});
    Restart(redis_->address());
  }
  void Restart(const std::string& address) {
    teller_ = std::make_unique<ContactTeller>(
        ContactTellerDeps{{.address = address}, Lane::kMeasurement, book_, clock_, [this](int) { return hears_; }});
  }
  void Set(const std::string& field, const std::string& value) {
    auto connection = RedisConnection::Connect({.address = redis_->address()});
    ASSERT_TRUE(connection.ok());
    ASSERT_TRUE((*connection)->Call({"HSET", HearingKey(kShard), field, value}).ok());
  }
  std::int64_t Wall() const { return absl::ToUnixMillis(clock_.Now()); }
  PresenceStore::Hearing Hearing() { return (*store_->ReadHearings())[static_cast<std::size_t>(kShard)]; }
  PresenceStore::Signs Contacts() { return *store_->Contacts(kShard, std::vector<std::string>{kDevice}); }

  std::unique_ptr<nara::testing::RedisServer> redis_;
  std::unique_ptr<RedisPresenceStore> store_;
  ManualClock clock_;
  ContactBook book_;
  bool hears_ = true;
  std::unique_ptr<ContactTeller> teller_;
};

TEST_F(ContactTellerTest, TellsThatItHearsAndWhomWithTheHearingTime) {
  Set("clock", "500");
  Set("a", "1");
  book_.Heard(kDevice, clock_.Now());
  ASSERT_TRUE(teller_->Tell().ok());
  EXPECT_THAT(Contacts(), ElementsAre(Pair(kDevice, Sign{500, Wall()})));
  EXPECT_EQ(Hearing().measurement, Wall());
  EXPECT_EQ(Hearing().alarm, 1) << "the other lane's";
}

TEST_F(ContactTellerTest, ALaneThatDoesNotHearSaysNothingOfItself) {
  Set("a", "1");
  hears_ = false;
  book_.Lost(kDevice, clock_.Now());
  ASSERT_TRUE(teller_->Tell().ok());
  EXPECT_EQ(Hearing().measurement, std::nullopt);
  EXPECT_THAT(*store_->Wills(kShard), ElementsAre(Pair(kDevice, Sign{0, Wall()}))) << "but what it heard before";
}

TEST_F(ContactTellerTest, WhatCouldNotBeToldIsToldLater) {
  Restart("127.0.0.1:1");
  book_.Heard(kDevice, clock_.Now());
  EXPECT_FALSE(teller_->Tell().ok());
  const std::int64_t heard = Wall();
  clock_.Advance(absl::Seconds(1));
  Restart(redis_->address());
  ASSERT_TRUE(teller_->Tell().ok());
  EXPECT_THAT(Contacts(), ElementsAre(Pair(kDevice, Sign{0, heard})));
}

TEST_F(ContactTellerTest, WhatIsHeardUntilItStopsIsTold) {
  book_.Heard(kDevice, clock_.Now());
  ASSERT_TRUE(teller_->Tell().ok());
  clock_.Advance(absl::Seconds(1));
  teller_->Start();
  book_.Heard(kDevice, clock_.Now());
  teller_->Stop();
  EXPECT_THAT(Contacts(), ElementsAre(Pair(kDevice, Sign{0, Wall()}))) << "though it was told a second ago";
}

}  // namespace
}  // namespace nara::ingest
