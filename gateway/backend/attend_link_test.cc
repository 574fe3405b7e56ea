#include "gateway/backend/attend_link.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>

#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/rpc/streams.h"
#include "common/rpc/testing/test_pki.h"
#include "common/testing/wait_for.h"

namespace nara::gateway {
namespace {

using alert::v1::AttendRequest;
using alert::v1::AttendResponse;
using nara::testing::WaitFor;
using ::testing::ElementsAre;

// Remembers what comes on its Attend streams, as "who attach centre anna" and "who delivered a1 3".
class RouterThatListens final : public alert::v1::AlertRouterService::CallbackService {
 public:
  using Writer = std::shared_ptr<rpc::StreamWriter<AttendResponse>>;

  explicit RouterThatListens(rpc::WorkerPool& workers) : workers_(workers) {}

  grpc::ServerBidiReactor<AttendRequest, AttendResponse>* Attend(grpc::CallbackServerContext* context) override {
    return rpc::BidiStream<AttendRequest, AttendResponse>(
        context, workers_,
        [this](const rpc::CallContext& call, const Writer& writer) -> absl::StatusOr<rpc::StreamReader<AttendRequest>> {
          writer->OnClosed([this] { Note("gone"); });
          const std::lock_guard lock(mutex_);
          writer_ = writer;
          return rpc::StreamReader<AttendRequest>{
              [this, caller = call.caller](const auto& said) { Hear(caller, said); }, {}};
        });
  }

  std::vector<std::string> heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  Writer writer() const {
    const std::lock_guard lock(mutex_);
    return writer_;
  }

 private:
  void Hear(const std::string& caller, const AttendRequest& said) {
    if (said.has_attach())
      return Note(caller + " attach " + said.attach().receiver() + " " + said.attach().operator_());
    Note(caller + " delivered " + said.delivered().alert() + " " + std::to_string(said.delivered().version()));
  }
  void Note(const std::string& what) {
    const std::lock_guard lock(mutex_);
    heard_.push_back(what);
  }

  rpc::WorkerPool& workers_;
  mutable std::mutex mutex_;
  std::vector<std::string> heard_;  // guarded by mutex_
  Writer writer_;                   // guarded by mutex_
};

class AttendLinkTest : public ::testing::Test {
 protected:
  AttendLinkTest() {
    EXPECT_TRUE(server_.Start({&router_}).ok());
    stub_ = alert::v1::AlertRouterService::NewStub(
        rpc::Connect("127.0.0.1:" + std::to_string(server_.port()), pki_.Issue("nara-gateway")));
    link_ = std::make_unique<GrpcAttendLink>(
        *stub_, "centre-1480", "web", [this](const auto& pulse) { oldest_unrouted_ms_ = pulse.oldest_unrouted_ms(); });
  }
  void TearDown() override { server_.Stop(absl::Milliseconds(100)); }

  bool Heard(std::size_t lines) {
    return WaitFor([&] { return router_.heard().size() >= lines; });
  }

  rpc::TestPki pki_;
  rpc::Server server_{{.grpc = {.listen = {"127.0.0.1", 0}}, .tls = pki_.Issue("nara-alert-router")}};
  RouterThatListens router_{server_.workers()};
  std::unique_ptr<alert::v1::AlertRouterService::Stub> stub_;
  std::atomic<std::int64_t> oldest_unrouted_ms_ = -1;
  std::unique_ptr<GrpcAttendLink> link_;  // last: tells of pulses
};

TEST_F(AttendLinkTest, AttendsAsTheReceiverAndSaysWhatIsOnAScreen) {
  EXPECT_TRUE(link_->Delivered("a1", 3));
  EXPECT_TRUE(link_->Delivered("a2", 5));
  ASSERT_TRUE(Heard(3));
  EXPECT_THAT(router_.heard(), ElementsAre("centre-1480 attach centre-1480 web", "centre-1480 delivered a1 3",
                                           "centre-1480 delivered a2 5"));
  EXPECT_TRUE(link_->status().ok());
}

TEST_F(AttendLinkTest, AnOfferIsNotConfirmedByItself) {
  ASSERT_TRUE(Heard(1));
  AttendResponse offer;
  offer.mutable_offer()->mutable_alert()->set_id("a1");
  router_.writer()->Offer(offer);
  router_.writer()->Close(absl::UnavailableError("stopping"));
  ASSERT_TRUE(WaitFor([this] { return !link_->status().ok(); })) << "the offer has been read";
  ASSERT_TRUE(Heard(2));
  EXPECT_THAT(router_.heard(), ElementsAre("centre-1480 attach centre-1480 web", "gone"));
}

TEST_F(AttendLinkTest, PassesOnThePulse) {
  ASSERT_TRUE(Heard(1));
  AttendResponse response;
  response.mutable_heartbeat()->set_oldest_unrouted_ms(7000);
  router_.writer()->Offer(response);
  EXPECT_TRUE(WaitFor([this] { return oldest_unrouted_ms_ == 7000; }));
}

TEST_F(AttendLinkTest, ItsEndIsSeenByTheRouterAtOnce) {
  ASSERT_TRUE(Heard(1));
  link_.reset();
  ASSERT_TRUE(Heard(2));
  EXPECT_EQ(router_.heard().back(), "gone");
}

TEST_F(AttendLinkTest, ARefusalIsItsStatusAndNothingIsTakenAfterIt) {
  ASSERT_TRUE(Heard(1));
  router_.writer()->Close(absl::PermissionDeniedError("not any more"));
  ASSERT_TRUE(WaitFor([this] { return absl::IsPermissionDenied(link_->status()); }));
  EXPECT_FALSE(link_->Delivered("a1", 3));
}

TEST(AttendLink, EndsWithoutARouter) {
  rpc::TestPki pki;
  const auto stub = alert::v1::AlertRouterService::NewStub(rpc::Connect("127.0.0.1:1", pki.Issue("nara-gateway")));
  GrpcAttendLink link(*stub, "centre-1480", "web", [](const auto&) {});
  EXPECT_TRUE(WaitFor([&] { return absl::IsUnavailable(link.status()); }));
}

}  // namespace
}  // namespace nara::gateway
