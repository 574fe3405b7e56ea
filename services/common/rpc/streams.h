#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <utility>

#include "common/rpc/call.h"
#include "common/rpc/call_context.h"
#include "common/rpc/stream_core.h"
#include "common/rpc/stream_writer.h"
#include "common/rpc/worker_pool.h"

namespace nara::rpc {

// What a service does with the messages of a two-way stream. Both run on the workers, never two at once for one stream;
// the next message is read when on_message has returned, so a slow service slows its client.
template <typename Request>
struct StreamReader {
  std::function<void(Request)> on_message;
  // The client will send no more. Without it the stream is closed with OK.
  std::function<void()> on_half_closed;
};

inline constexpr std::size_t kDefaultStreamQueue = 1024;

template <typename Response>
class ServerStreamReactor final : public grpc::ServerWriteReactor<Response>, private StreamSink<Response> {
 public:
  explicit ServerStreamReactor(std::size_t queue_limit)
      : core_(std::make_shared<StreamCore<Response>>(static_cast<StreamSink<Response>&>(*this), queue_limit)) {}

  const std::shared_ptr<StreamCore<Response>>& core() const { return core_; }
  void OnWriteDone(bool ok) override { core_->Written(ok); }
  void OnCancel() override { core_->Cancelled(); }
  void OnDone() override {
    core_->Done();
    delete this;
  }

 private:
  void Send(const Response& message) override { this->StartWrite(&message); }
  void End(const grpc::Status& status) override { this->Finish(status); }

  std::shared_ptr<StreamCore<Response>> core_;
};

template <typename Request, typename Response>
class BidiStreamReactor final : public grpc::ServerBidiReactor<Request, Response>, private StreamSink<Response> {
 public:
  BidiStreamReactor(WorkerPool& workers, std::size_t queue_limit)
      : workers_(workers),
        core_(std::make_shared<StreamCore<Response>>(static_cast<StreamSink<Response>&>(*this), queue_limit)) {}

  const std::shared_ptr<StreamCore<Response>>& core() const { return core_; }

  // Once, while held; releases the hold.
  void StartReading(StreamReader<Request> reader) {
    reader_ = std::move(reader);
    ReadNext();
  }

  void OnReadDone(bool ok) override {
    if (!core_->Hold()) return;
    if (!workers_.Post([this, ok] { ok ? HandleMessage() : HandleHalfClose(); })) Abandon();
  }
  void OnWriteDone(bool ok) override { core_->Written(ok); }
  void OnCancel() override { core_->Cancelled(); }
  void OnDone() override {
    core_->Done();
    delete this;
  }

 private:
  void Send(const Response& message) override { this->StartWrite(&message); }
  void End(const grpc::Status& status) override { this->Finish(status); }

  void HandleMessage() {
    if (!core_->closed()) reader_.on_message(std::exchange(request_, Request()));
    ReadNext();
  }
  void HandleHalfClose() {
    if (reader_.on_half_closed) {
      reader_.on_half_closed();
    } else {
      core_->Close(absl::OkStatus());
    }
    core_->Release();
  }
  void ReadNext() {
    if (!core_->closed()) this->StartRead(&request_);
    core_->Release();
  }
  void Abandon() {
    core_->Close(absl::UnavailableError("the server is stopping; connect again"));
    core_->Release();
  }

  WorkerPool& workers_;
  StreamReader<Request> reader_;
  Request request_;
  std::shared_ptr<StreamCore<Response>> core_;
};

// The body of a server-streaming method: runs `open(const CallContext&, const Request&,
// std::shared_ptr<StreamWriter<Response>>) -> absl::Status` on the workers. An error ends the stream with it; after OK
// the stream is open until the writer is closed or the client goes.
//
//   return rpc::ServerStream<WatchRoutesResponse>(context, workers_, request,
//       [this](const rpc::CallContext& call, const WatchRoutesRequest& request, auto writer) { return
//       watches_.Open(call, request, writer); });
template <typename Response, typename Request, typename Open>
grpc::ServerWriteReactor<Response>* ServerStream(grpc::CallbackServerContext* context, WorkerPool& workers,
                                                 const Request* request, Open open,
                                                 std::size_t queue_limit = kDefaultStreamQueue) {
  auto* reactor = new ServerStreamReactor<Response>(queue_limit);
  // The request lives only as long as the call: the job has its own copy.
  auto job = [core = reactor->core(), call = StreamContext(*context), request = *request, open = std::move(open)] {
    if (core->closed()) return;
    absl::Status status = open(call, request, core);
    if (!status.ok()) core->Close(std::move(status));
  };
  auto core = reactor->core();
  if (!workers.Submit(std::move(job))) core->Close(TooManyCalls());
  return reactor;
}

// The body of a two-way method: runs `open(const CallContext&, std::shared_ptr<StreamWriter<Response>>) ->
// absl::StatusOr<StreamReader<Request>>` on the workers, then reads.
template <typename Request, typename Response, typename Open>
grpc::ServerBidiReactor<Request, Response>* BidiStream(grpc::CallbackServerContext* context, WorkerPool& workers,
                                                       Open open, std::size_t queue_limit = kDefaultStreamQueue) {
  auto* reactor = new BidiStreamReactor<Request, Response>(workers, queue_limit);
  reactor->core()->Hold();
  auto job = [reactor, call = StreamContext(*context), open = std::move(open)] {
    absl::StatusOr<StreamReader<Request>> reader = open(call, reactor->core());
    if (reader.ok()) return reactor->StartReading(*std::move(reader));
    reactor->core()->Close(reader.status());
    reactor->core()->Release();
  };
  if (!workers.Submit(std::move(job))) {
    reactor->core()->Close(TooManyCalls());
    reactor->core()->Release();
  }
  return reactor;
}

}  // namespace nara::rpc
