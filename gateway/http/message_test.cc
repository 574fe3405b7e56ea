#include "gateway/http/message.h"

#include <gtest/gtest.h>

namespace nara::gateway {
namespace {

TEST(Target, IsSplitAndDecoded) {
  Request request;
  ASSERT_TRUE(ParseTarget("/api/v1/alerts/a%2Fb?open=true&kind=dose+missed&x=%C3%A5", request));
  EXPECT_EQ(request.path, "/api/v1/alerts/a/b");
  EXPECT_EQ(request.Query("kind"), "dose missed");
  EXPECT_EQ(request.Query("x"), "å");
}

TEST(Target, ThatIsHostileIsRefused) {
  for (const char* target : {"", "*", "http://other/", "/%", "/%0", "/%zz", "/a%00b", "/../etc/passwd", "/a/..",
                             "/%2e%2e/x", "/a\\b", "/?a=%"}) {
    Request request;
    EXPECT_FALSE(ParseTarget(target, request)) << target;
  }
}

TEST(Cookies, AreReadByName) {
  Request request;
  ParseCookies("a=1; nara_session=abc=; broken;  b=2", request);
  EXPECT_EQ(request.Cookie("nara_session"), "abc=");
  EXPECT_EQ(request.Cookie("b"), "2");
  EXPECT_EQ(request.Cookie("broken"), "");
}

}  // namespace
}  // namespace nara::gateway
