#include "common/rpc/status.h"

#include <gtest/gtest.h>

#include "common/rpc/error.h"

namespace nara::rpc {
namespace {

TEST(Status, ReasonAndMetadataSurviveTheWay) {
  const absl::Status sent = Error(absl::StatusCode::kFailedPrecondition, "DEVICE_ASSIGNED",
                                  "device d-1 is assigned; end that first", {{"device", "d-1"}});
  const absl::Status received = FromGrpc(ToGrpc(sent));
  EXPECT_EQ(received, sent);
  EXPECT_EQ(ReasonOf(received), "DEVICE_ASSIGNED");
}

TEST(Status, WithoutDetailsThereIsNoReason) {
  EXPECT_EQ(ReasonOf(FromGrpc(ToGrpc(absl::AbortedError("x")))), "");
  EXPECT_TRUE(FromGrpc(ToGrpc(absl::OkStatus())).ok());
}

TEST(Status, HostileDetailsAreIgnored) {
  const absl::Status status = FromGrpc(grpc::Status(grpc::StatusCode::NOT_FOUND, "gone", "\xff\xff not a message"));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(InfoOf(status).has_value());
}

TEST(Status, ACallerReadsNothingOfTheInside) {
  const absl::Status shown = Public("test", "Get", absl::UnavailableError("connection lost in: select secret from t"));
  EXPECT_EQ(ReasonOf(shown), "STORE_UNAVAILABLE");
  EXPECT_EQ(shown.message().find("select"), absl::string_view::npos);
  const absl::Status ours = Error(absl::StatusCode::kNotFound, "UNKNOWN_DEVICE", "there is no device d-1");
  EXPECT_EQ(Public("test", "Get", ours), ours);
}

TEST(Status, ALongMessageIsCutToFitIntoTheHeaders) {
  EXPECT_EQ(ToGrpc(absl::InternalError(std::string(100'000, 'x'))).error_message().size(), 1024U);
}

}  // namespace
}  // namespace nara::rpc
