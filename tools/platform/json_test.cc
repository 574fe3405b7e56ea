#include "tools/platform/json.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tools/platform/demo_file.h"

namespace nara::tools {
namespace {

class JsonFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = std::filesystem::temp_directory_path() / "json-XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& content) const {
    const std::string path = folder_ / "file.json";
    std::ofstream(path) << content;
    return path;
  }

  std::filesystem::path folder_;
};

TEST(Json, WritesNumbersInPlainDigits) {
  const boost::json::object object{{"a", 537.09}, {"b", 3}, {"c", {1.5, "x"}}, {"d", true}};
  EXPECT_EQ(LineJson(object), R"({"a":537.09,"b":3,"c":[1.5,"x"],"d":true})");
  EXPECT_EQ(PrettyJson(boost::json::object{{"a", {1}}}), "{\n \"a\": [\n  1\n ]\n}\n");
}

TEST_F(JsonFileTest, SaysWhichFileIsNoJson) {
  const auto read = ReadJson(Write("{\"a\":"));
  ASSERT_FALSE(read.ok());
  EXPECT_NE(read.status().message().find("file.json"), std::string::npos);
  EXPECT_TRUE(absl::IsNotFound(ReadJson(folder_ / "other.json").status()));
}

TEST_F(JsonFileTest, WritesFilesForTheirOwnerOnly) {
  const std::string path = folder_ / "secret";
  ASSERT_TRUE(WriteFile(path, "key").ok());
  EXPECT_EQ(*ReadFile(path), "key");
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_FALSE(WriteFile(folder_ / "no" / "such", "key").ok());
}

TEST_F(JsonFileTest, ReadsTheDemoAndItsPersonas) {
  const auto demo = ReadDemoFile(
      Write(R"({"ca":"/p/ca.crt","mqtt":{"tls":"h:1"},"grpc":{"registry":"h:2","broker":"h:3"},)"
            R"("personas":{"care_unit":{"id":"care-1","cert":"c","key":"k","principal":"1480","unit":"u"}}})"));
  ASSERT_TRUE(demo.ok()) << demo.status();
  EXPECT_EQ(demo->mqtt_tls, "h:1");
  EXPECT_EQ(demo->registry, "h:2");
  EXPECT_EQ(demo->TlsOf("care_unit")->cert, "c");
  EXPECT_EQ(demo->TlsOfClient("nara-admin").key, "/p/nara-admin.key");
  const auto nobody = demo->TlsOf("nobody");
  ASSERT_FALSE(nobody.ok());
  EXPECT_NE(nobody.status().message().find("care_unit"), std::string::npos);
}

TEST_F(JsonFileTest, SaysHowToStartADemoWhenThereIsNone) {
  const auto demo = ReadDemoFile(folder_ / "demo.json");
  ASSERT_FALSE(demo.ok());
  EXPECT_NE(demo.status().message().find("./nara demo"), std::string::npos);
}

}  // namespace
}  // namespace nara::tools
