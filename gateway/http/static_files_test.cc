#include "gateway/http/static_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/testing/temp_dir.h"

namespace nara::gateway {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

class StaticFilesTest : public ::testing::Test {
 protected:
  StaticFilesTest() {
    dir_.Write("index.html", "<title>Nära</title>");
    std::filesystem::create_directory(dir_.File("assets"));
    dir_.Write("assets/index-1a2b.js", "start()");
  }

  nara::testing::TempDir dir_;
};

TEST_F(StaticFilesTest, TheRootIsTheApp) {
  const auto files = StaticFiles::Load(dir_.path());
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(files->Get("/")->Body(), "<title>Nära</title>");
  EXPECT_EQ(files->Get("/")->content_type, "text/html; charset=utf-8");
}

TEST_F(StaticFilesTest, OnlyHashedAssetsAreKeptByBrowsers) {
  const auto files = StaticFiles::Load(dir_.path());
  EXPECT_THAT(files->Get("/assets/index-1a2b.js")->headers, Contains(Pair("cache-control", HasSubstr("immutable"))));
  EXPECT_THAT(files->Get("/index.html")->headers, Contains(Pair("cache-control", "no-store")));
}

TEST_F(StaticFilesTest, AnyNumberOfResponsesHaveOneText) {
  const auto files = StaticFiles::Load(dir_.path());
  const Response one = *files->Get("/");
  const Response other = *files->Get("/index.html");
  EXPECT_EQ(&one.Body(), &other.Body());
}

TEST_F(StaticFilesTest, NothingElseIsThere) {
  const auto files = StaticFiles::Load(dir_.path());
  EXPECT_TRUE(absl::IsNotFound(files->Get("/../index.html").status()));
  EXPECT_TRUE(absl::IsNotFound(files->Get("/assets").status()));
}

TEST_F(StaticFilesTest, AFolderWithoutTheAppIsAnError) {
  EXPECT_THAT(StaticFiles::Load(dir_.File("assets")).status().message(), HasSubstr("build the web app"));
}

}  // namespace
}  // namespace nara::gateway
