#include "common/app/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/log/log.h"

namespace nara::app {
namespace {

using testing::Contains;
using testing::HasSubstr;

// Signals the process as soon as it has started, so that RunProcess comes back.
class SignalledApp final : public App {
 public:
  explicit SignalledApp(std::vector<std::string>& events) : events_(events) {}
  absl::Status Start() override {
    events_.push_back("start");
    kill(getpid(), SIGTERM);
    return absl::OkStatus();
  }
  void Stop() override { events_.push_back("stop"); }

 private:
  std::vector<std::string>& events_;
};

class HangingApp final : public App {
 public:
  absl::Status Start() override {
    kill(getpid(), SIGTERM);
    return absl::OkStatus();
  }
  void Stop() override {
    while (true) pause();
  }
};

class RunProcessTest : public testing::Test {
 protected:
  RunProcessTest() {
    log::Redirect([this](std::string_view line) { lines_.emplace_back(line); });
    std::string folder = (std::filesystem::temp_directory_path() / "nara_app_XXXXXX").string();
    folder_ = mkdtemp(folder.data());
  }
  ~RunProcessTest() override {
    log::Redirect({});
    std::filesystem::remove_all(folder_);
  }

  int Run(const std::string& yaml, Factory make, absl::Duration stop_deadline = absl::Seconds(10)) {
    const std::string path = folder_ / "a.yaml";
    std::ofstream(path) << yaml;
    const char* argv[] = {"nara-test", "--config", path.c_str()};
    return RunProcess(3, argv, {"nara-test", "A test.", std::move(make), stop_deadline});
  }

  std::filesystem::path folder_;
  std::vector<std::string> lines_;
  std::vector<std::string> events_;
};

TEST_F(RunProcessTest, StartsWaitsForTheSignalAndStops) {
  const int code =
      Run("name: t1\n", [this](config::Section& root, Context& context) -> absl::StatusOr<std::unique_ptr<App>> {
        if (absl::Status status = root.Finish(); !status.ok()) return status;
        EXPECT_EQ(context.name, "t1");
        return std::make_unique<SignalledApp>(events_);
      });
  EXPECT_EQ(code, 0);
  EXPECT_THAT(events_, testing::ElementsAre("start", "stop"));
  EXPECT_THAT(lines_, Contains(HasSubstr("\"instance\":\"t1\"")));
}

TEST_F(RunProcessTest, ABadConfigurationIsAUsageError) {
  const int code =
      Run("name: t1\nextra: 1\n",
          [](config::Section& root, Context&) -> absl::StatusOr<std::unique_ptr<App>> { return root.Finish(); });
  EXPECT_EQ(code, 2);
  EXPECT_THAT(lines_, Contains(HasSubstr("a.yaml:2: key 'extra' is not known")));
}

TEST_F(RunProcessTest, AFailedStartIsReported) {
  const int code = Run("name: t1\n", [](config::Section&, Context&) -> absl::StatusOr<std::unique_ptr<App>> {
    auto parts = std::make_unique<Parts>();
    parts->Add("redis", [] { return absl::UnavailableError("not there"); });
    return parts;
  });
  EXPECT_EQ(code, 1);
  EXPECT_THAT(lines_, Contains(HasSubstr("redis: not there")));
}

TEST_F(RunProcessTest, WithoutAConfigurationNothingRuns) {
  const char* argv[] = {"nara-test"};
  EXPECT_EQ(RunProcess(1, argv, {"nara-test", "A test.", {}}), 2);
}

TEST_F(RunProcessTest, AStopBeyondTheDeadlineEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        log::Redirect({});
        Run(
            "name: t1\n", [](config::Section&, Context&) { return std::make_unique<HangingApp>(); },
            absl::Milliseconds(100));
      },
      testing::ExitedWithCode(3), "longer than its deadline");
}

}  // namespace
}  // namespace nara::app
