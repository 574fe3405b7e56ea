#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <future>

#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "common/rpc/streams.h"
#include "common/rpc/testing/echo.grpc.pb.h"
#include "common/rpc/testing/test_pki.h"
#include "common/rpc/unary.h"

namespace nara::rpc {
namespace {

using testing::EchoRequest;
using testing::EchoResponse;
using testing::EchoService;
using Writer = std::shared_ptr<StreamWriter<EchoResponse>>;

EchoResponse Said(const CallContext& call, const std::string& text) {
  EchoResponse response;
  response.set_text(text);
  response.set_peer(call.peer);
  response.set_caller(call.caller);
  return response;
}

class EchoAdapter final : public EchoService::CallbackService {
 public:
  explicit EchoAdapter(WorkerPool& workers) : workers_(workers) {}

  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const EchoRequest* request,
                                 EchoResponse* response) override {
    return Unary(context, workers_, request, response,
                 [](const CallContext& call, const EchoRequest& asked) -> absl::StatusOr<EchoResponse> {
                   if (asked.text() != "missing") return Said(call, asked.text());
                   return Error(absl::StatusCode::kNotFound, "UNKNOWN_TEXT", "text missing is not known",
                                {{"text", "missing"}});
                 });
  }

  grpc::ServerWriteReactor<EchoResponse>* Repeat(grpc::CallbackServerContext* context,
                                                 const EchoRequest* request) override {
    return ServerStream<EchoResponse>(
        context, workers_, request,
        [this](const CallContext& call, const EchoRequest& asked, const Writer& writer) {
          return RepeatText(call, asked, writer);
        },
        /*queue_limit=*/4);
  }

  grpc::ServerBidiReactor<EchoRequest, EchoResponse>* Chat(grpc::CallbackServerContext* context) override {
    return BidiStream<EchoRequest, EchoResponse>(
        context, workers_,
        [](const CallContext& call, const Writer& writer) -> absl::StatusOr<StreamReader<EchoRequest>> {
          if (call.peer == "stranger") return absl::PermissionDeniedError("not you");
          return StreamReader<EchoRequest>{
              .on_message = [call, writer](const EchoRequest& asked) { writer->Offer(Said(call, asked.text())); }};
        });
  }

  std::promise<void> closed;
  std::promise<Writer> opened;

 private:
  absl::Status RepeatText(const CallContext& call, const EchoRequest& asked, const Writer& writer) {
    if (asked.count() < 0) return absl::InvalidArgumentError("count is negative");
    for (int i = 0; i < asked.count(); ++i) {
      if (!writer->OfferWithin(Said(call, asked.text()), absl::Seconds(10))) return absl::AbortedError("too slow");
    }
    if (asked.text() == "endless") {
      writer->OnClosed([this] { closed.set_value(); });
      opened.set_value(writer);
    } else {
      writer->Close(absl::OkStatus());
    }
    return absl::OkStatus();
  }

  WorkerPool& workers_;
};

EchoRequest Asking(const std::string& text, int count = 0) {
  EchoRequest request;
  request.set_text(text);
  request.set_count(count);
  return request;
}

class Rpc : public ::testing::Test {
 protected:
  Rpc()
      : server_({.grpc = {.listen = {"127.0.0.1", 0}}, .tls = pki_.Issue("nara-server")}), adapter_(server_.workers()) {
    const absl::Status status = server_.Start({&adapter_});
    EXPECT_TRUE(status.ok()) << status;
  }
  ~Rpc() override { server_.Stop(absl::Milliseconds(100)); }

  std::unique_ptr<EchoService::Stub> StubFor(const config::Tls& tls, const std::string& host = "127.0.0.1") {
    return EchoService::NewStub(Connect(host + ":" + std::to_string(server_.port()), tls));
  }

  static absl::StatusOr<EchoResponse> Echo(EchoService::Stub& stub, const std::string& text,
                                           std::string_view behalf = {}) {
    EchoResponse response;
    const auto context = CallWithin(absl::Seconds(10), behalf);
    const absl::Status status = FromGrpc(stub.Echo(context.get(), Asking(text), &response));
    if (!status.ok()) return status;
    return response;
  }

  TestPki pki_;
  Server server_;
  EchoAdapter adapter_;
};

TEST_F(Rpc, ThePeerIsTheCommonNameOfTheCertificate) {
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const auto answer = Echo(*StubFor(pki_.Issue("care-unit-1"), host), "hej");
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->text(), "hej");
    EXPECT_EQ(answer->peer(), "care-unit-1");
    EXPECT_EQ(answer->caller(), "care-unit-1");
  }
}

TEST_F(Rpc, OnlyTheGatewaySpeaksForSomebodyElse) {
  EXPECT_EQ(Echo(*StubFor(pki_.Issue("nara-gateway")), "x", "care-unit-1")->caller(), "care-unit-1");
  EXPECT_EQ(Echo(*StubFor(pki_.Issue("nara-gateway")), "x")->caller(), "nara-gateway");
  EXPECT_EQ(Echo(*StubFor(pki_.Issue("care-unit-2")), "x", "care-unit-1")->caller(), "care-unit-2");
  EXPECT_EQ(Echo(*StubFor(pki_.Issue("nara-gateway2")), "x", "nara-admin")->caller(), "nara-gateway2");
}

TEST_F(Rpc, WithoutACertificateOfOurCaNobodyIsHeard) {
  TestPki other;
  config::Tls forged = other.Issue("nara-gateway");
  forged.ca = pki_.Issue("x").ca;
  EXPECT_EQ(Echo(*StubFor(forged), "x").status().code(), absl::StatusCode::kUnavailable);

  const auto bare =
      grpc::CreateChannel("127.0.0.1:" + std::to_string(server_.port()), grpc::InsecureChannelCredentials());
  EXPECT_EQ(Echo(*EchoService::NewStub(bare), "x").status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(Rpc, AClientRefusesAServerOfAnotherCa) {
  TestPki other;
  config::Tls tls = pki_.Issue("care-unit-1");
  tls.ca = other.Issue("x").ca;
  EXPECT_EQ(Echo(*StubFor(tls), "x").status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(Rpc, ErrorInfoArrives) {
  const absl::Status status = Echo(*StubFor(pki_.Issue("a")), "missing").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(std::string(status.message()), "text missing is not known");
  const auto info = InfoOf(status);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->reason, "UNKNOWN_TEXT");
  EXPECT_EQ(info->domain, "nara");
  EXPECT_EQ(info->metadata.at("text"), "missing");
}

TEST_F(Rpc, AStreamLongerThanItsQueueArrivesWhole) {
  const auto stub = StubFor(pki_.Issue("a"));
  const auto context = LongStream();
  const auto reader = stub->Repeat(context.get(), Asking("x", 1000));
  EchoResponse response;
  int received = 0;
  while (reader->Read(&response)) ++received;
  EXPECT_EQ(received, 1000);
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(Rpc, AnErrorAtTheOpeningEndsTheStream) {
  const auto stub = StubFor(pki_.Issue("a"));
  const auto context = LongStream();
  const auto reader = stub->Repeat(context.get(), Asking("x", -1));
  EchoResponse response;
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(Rpc, AClientThatGoesClosesItsStream) {
  const auto stub = StubFor(pki_.Issue("a"));
  const auto context = LongStream();
  const auto reader = stub->Repeat(context.get(), Asking("endless", 1));
  EchoResponse response;
  ASSERT_TRUE(reader->Read(&response));
  const Writer writer = adapter_.opened.get_future().get();
  EXPECT_FALSE(writer->closed());
  context->TryCancel();
  EXPECT_EQ(adapter_.closed.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_TRUE(writer->closed());
  EXPECT_FALSE(writer->Offer(response));
  EXPECT_FALSE(reader->Read(&response));
}

TEST_F(Rpc, AFullQueueRefusesWhileTheClientDoesNotRead) {
  const auto stub = StubFor(pki_.Issue("a"));
  const auto context = LongStream();
  const auto reader = stub->Repeat(context.get(), Asking("endless", 0));
  const Writer writer = adapter_.opened.get_future().get();
  EchoResponse large;
  large.set_text(std::string(1'000'000, 'x'));
  int accepted = 0;
  while (accepted < 1000 && writer->Offer(large)) ++accepted;
  EXPECT_LT(accepted, 1000);
  EXPECT_LE(writer->queued(), 4U);
  context->TryCancel();
}

TEST_F(Rpc, ATwoWayStreamAnswersInOrderAndEndsWithItsClient) {
  const auto stub = StubFor(pki_.Issue("a"));
  const auto context = LongStream();
  const auto chat = stub->Chat(context.get());
  EchoResponse response;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(chat->Write(Asking(std::to_string(i))));
    ASSERT_TRUE(chat->Read(&response));
    EXPECT_EQ(response.text(), std::to_string(i));
  }
  chat->WritesDone();
  EXPECT_FALSE(chat->Read(&response));
  EXPECT_TRUE(chat->Finish().ok());
}

TEST_F(Rpc, ATwoWayStreamCanBeRefused) {
  const auto stub = StubFor(pki_.Issue("stranger"));
  const auto context = LongStream();
  const auto chat = stub->Chat(context.get());
  EchoResponse response;
  EXPECT_FALSE(chat->Read(&response));
  EXPECT_EQ(chat->Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(Rpc, ManyClientsThatGoInTheMiddleDoNoHarm) {
  const auto stub = StubFor(pki_.Issue("a"));
  for (int i = 0; i < 200; ++i) {
    const auto context = LongStream();
    const auto chat = stub->Chat(context.get());
    chat->Write(Asking("x"));
    if (i % 2 == 0) chat->WritesDone();
    context->TryCancel();
  }
  EXPECT_TRUE(Echo(*stub, "still here").ok());
}

TEST_F(Rpc, NewCertificatesAreUsedWithoutARestart) {
  pki_.RotateCa();
  const config::Tls client = pki_.Issue("care-unit-1");  // signed by the new CA
  pki_.Issue("nara-server");
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  absl::StatusOr<EchoResponse> answer = absl::UnknownError("not asked");
  while (!answer.ok() && std::chrono::steady_clock::now() < until) {
    EchoResponse response;
    const auto context = CallWithin(absl::Seconds(1), {}, /*wait_for_ready=*/true);
    const absl::Status status = FromGrpc(StubFor(client)->Echo(context.get(), Asking("x"), &response));
    answer = status.ok() ? absl::StatusOr<EchoResponse>(response) : status;
  }
  EXPECT_TRUE(answer.ok()) << answer.status();
}

TEST_F(Rpc, ATakenPortIsNamed) {
  Server second({.grpc = {.listen = {"127.0.0.1", server_.port()}}, .tls = pki_.Issue("nara-second")});
  const absl::Status status = second.Start({});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(std::to_string(server_.port())));
}

TEST(RpcServer, SaysAtStartThatItsKeyIsAnothers) {
  TestPki pki;
  config::Tls tls = pki.Issue("a");
  tls.key = pki.Issue("b").key;
  Server server({.grpc = {.listen = {"127.0.0.1", 0}}, .tls = tls});
  EXPECT_EQ(server.Start({}).code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace nara::rpc
