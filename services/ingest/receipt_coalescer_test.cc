#include "ingest/receipt_coalescer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace nara::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Coalescer : public ::testing::Test {
 protected:
  static OutgoingReceipt Receipt(const std::string& device, std::uint64_t through, std::uint64_t epoch = 1) {
    OutgoingReceipt receipt{device, Encoding::kProtobuf, {}};
    receipt.receipt.set_epoch(epoch);
    receipt.receipt.set_through(through);
    return receipt;
  }

  // What goes out, as "device:through".
  std::vector<std::string> Add(OutgoingReceipt receipt, int ms) {
    std::vector<OutgoingReceipt> out;
    coalescer_.Add(std::move(receipt), absl::Milliseconds(ms), out);
    return Text(out);
  }
  std::vector<std::string> Due(int ms) {
    last_.clear();
    coalescer_.TakeDue(absl::Milliseconds(ms), last_);
    return Text(last_);
  }
  static std::vector<std::string> Text(const std::vector<OutgoingReceipt>& out) {
    std::vector<std::string> text;
    for (const auto& receipt : out) text.push_back(absl::StrCat(receipt.device, ":", receipt.receipt.through()));
    return text;
  }

  ReceiptCoalescer coalescer_{absl::Milliseconds(20)};
  std::vector<OutgoingReceipt> last_;
};

TEST_F(Coalescer, AnswersTheFirstAtOnceAndTheRestTogetherAfterTheInterval) {
  EXPECT_THAT(Add(Receipt("a", 1), 0), ElementsAre("a:1"));
  EXPECT_THAT(Add(Receipt("a", 2), 1), IsEmpty());
  EXPECT_THAT(Add(Receipt("a", 9), 5), IsEmpty());
  EXPECT_EQ(coalescer_.NextDue(), absl::Milliseconds(20));
  EXPECT_THAT(Due(19), IsEmpty());
  EXPECT_THAT(Due(20), ElementsAre("a:9"));
}

TEST_F(Coalescer, SendsAtMostOneADeviceEachInterval) {
  int sent = 0;
  for (int ms = 0; ms < 1000; ++ms) {
    sent += static_cast<int>(Add(Receipt("a", static_cast<std::uint64_t>(ms)), ms).size() + Due(ms).size());
  }
  EXPECT_LE(sent, 51);
  EXPECT_GE(sent, 49);
}

TEST_F(Coalescer, DevicesDoNotWaitForEachOther) {
  EXPECT_THAT(Add(Receipt("a", 1), 0), ElementsAre("a:1"));
  EXPECT_THAT(Add(Receipt("b", 1), 0), ElementsAre("b:1"));
}

TEST_F(Coalescer, ForgetsADeviceThatWasSilentForOneInterval) {
  EXPECT_THAT(Add(Receipt("a", 1), 0), ElementsAre("a:1"));
  EXPECT_THAT(Due(20), IsEmpty());
  EXPECT_EQ(coalescer_.NextDue(), absl::InfiniteDuration());
  EXPECT_THAT(Add(Receipt("a", 2), 21), ElementsAre("a:2"));
}

TEST_F(Coalescer, KeepsWhatWasHeldAndRejectedMeanwhile) {
  Add(Receipt("a", 1), 0);
  for (const std::uint64_t seq : {2, 3, 3}) {
    OutgoingReceipt receipt = Receipt("a", seq);
    receipt.receipt.add_held(seq);
    receipt.receipt.add_rejected()->set_seq(seq + 10);
    Add(std::move(receipt), 1);
  }
  EXPECT_THAT(Due(20), ElementsAre("a:3"));
  EXPECT_THAT(last_[0].receipt.held(), ElementsAre(2, 3));
  EXPECT_EQ(last_[0].receipt.rejected_size(), 2);
}

TEST_F(Coalescer, NeverMergesAnotherEpochAnotherEncodingOrARef) {
  Add(Receipt("a", 1), 0);
  EXPECT_THAT(Add(Receipt("a", 2), 1), IsEmpty());
  EXPECT_THAT(Add(Receipt("a", 7, 2), 2), ElementsAre("a:2")) << "the older one first";
  OutgoingReceipt json = Receipt("a", 8, 2);
  json.encoding = Encoding::kJson;
  EXPECT_THAT(Add(std::move(json), 3), ElementsAre("a:7"));
  OutgoingReceipt ref = Receipt("a", 0, 0);
  ref.receipt.set_ref("r");
  EXPECT_THAT(Add(std::move(ref), 4), ElementsAre("a:8", "a:0"));
}

TEST_F(Coalescer, WithoutAnIntervalNothingWaits) {
  ReceiptCoalescer alarm(absl::ZeroDuration());
  std::vector<OutgoingReceipt> out;
  for (std::uint64_t seq = 1; seq <= 3; ++seq) alarm.Add(Receipt("a", seq), absl::ZeroDuration(), out);
  EXPECT_EQ(out.size(), 3u);
}

}  // namespace
}  // namespace nara::ingest
