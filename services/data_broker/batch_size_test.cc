#include "data_broker/batch_size.h"

#include <gtest/gtest.h>

namespace nara::broker {
namespace {

const absl::Status kTooLong = absl::DeadlineExceededError("canceling statement due to statement timeout");

TEST(BatchSize, HalvesWhatTookTooLongDownToOneRow) {
  BatchSize size(1000);
  EXPECT_TRUE(size.Learn(kTooLong, 1000));
  EXPECT_EQ(size.now(), 500U);
  EXPECT_TRUE(size.Learn(kTooLong, 40));
  EXPECT_EQ(size.now(), 20U) << "of the rows that were too many";
  for (int i = 0; i < 10; ++i) size.Learn(kTooLong, size.now());
  EXPECT_EQ(size.now(), 1U);
}

TEST(BatchSize, GrowsBackSlowlyAndNoFurther) {
  BatchSize size(1000);
  size.Learn(kTooLong, 1000);
  EXPECT_FALSE(size.Learn(absl::OkStatus(), 500));
  EXPECT_GT(size.now(), 500U);
  EXPECT_LT(size.now(), 550U);
  for (int i = 0; i < 100; ++i) size.Learn(absl::OkStatus(), size.now());
  EXPECT_EQ(size.now(), 1000U);
}

TEST(BatchSize, LearnsNothingFromSmallBatchesAndOtherErrors) {
  BatchSize size(1000);
  size.Learn(kTooLong, 1000);
  size.Learn(absl::OkStatus(), 3);
  EXPECT_FALSE(size.Learn(absl::UnavailableError("gone"), 500));
  EXPECT_EQ(size.now(), 500U);
}

}  // namespace
}  // namespace nara::broker
