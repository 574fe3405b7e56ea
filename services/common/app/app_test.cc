#include "common/app/app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nara::app {
namespace {

using testing::ElementsAre;

class PartsTest : public testing::Test {
 protected:
  void Add(const std::string& name, absl::Status status = absl::OkStatus()) {
    parts_.Add(
        name,
        [this, name, status] {
          events_.push_back("+" + name);
          return status;
        },
        [this, name] { events_.push_back("-" + name); });
  }

  std::vector<std::string> events_;
  Parts parts_;
};

TEST_F(PartsTest, StartInOrderAndStopInReverse) {
  Add("a");
  Add("b");
  ASSERT_TRUE(parts_.Start().ok());
  parts_.Stop();
  parts_.Stop();
  EXPECT_THAT(events_, ElementsAre("+a", "+b", "-b", "-a"));
}

TEST_F(PartsTest, AFailedStartRollsBackAndNamesThePart) {
  Add("a");
  Add("b", absl::UnavailableError("no port"));
  Add("c");
  EXPECT_EQ(parts_.Start(), absl::UnavailableError("b: no port"));
  parts_.Stop();
  EXPECT_THAT(events_, ElementsAre("+a", "+b", "-a"));
}

TEST_F(PartsTest, AStartThatCannotFailSaysNothing) {
  parts_.Add("a", [this] { events_.push_back("+a"); });
  Add("b");
  EXPECT_TRUE(parts_.Start().ok());
  parts_.Stop();
  EXPECT_THAT(events_, ElementsAre("+a", "+b", "-b"));
}

}  // namespace
}  // namespace nara::app
