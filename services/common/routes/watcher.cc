#include "common/routes/watcher.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <random>
#include <string_view>
#include <utility>

#include "common/log/log.h"
#include "common/routes/batch.h"
#include "common/routes/table_saver.h"
#include "common/rpc/channel.h"
#include "common/time/backoff.h"
#include "common/time/pause.h"
#include "nara/registry/v1/service.grpc.pb.h"

namespace nara {
namespace {

using registry::v1::DeviceRegistryService;

// What differs between the three watches.
struct Routes {
  static constexpr std::string_view kName = "routes";
  using Item = registry::v1::Route;
  using Request = registry::v1::WatchRoutesRequest;
  using Response = registry::v1::WatchRoutesResponse;
  static auto Prepare(DeviceRegistryService::Stub& stub, grpc::ClientContext* context, const Request& request,
                      grpc::CompletionQueue* queue) {
    return stub.PrepareAsyncWatchRoutes(context, request, queue);
  }
  static auto* Items(Response& response) { return response.mutable_routes(); }
};

struct Chains {
  static constexpr std::string_view kName = "chains";
  using Item = registry::v1::Chain;
  using Request = registry::v1::WatchChainsRequest;
  using Response = registry::v1::WatchChainsResponse;
  static auto Prepare(DeviceRegistryService::Stub& stub, grpc::ClientContext* context, const Request& request,
                      grpc::CompletionQueue* queue) {
    return stub.PrepareAsyncWatchChains(context, request, queue);
  }
  static auto* Items(Response& response) { return response.mutable_chains(); }
};

struct Access {
  static constexpr std::string_view kName = "access";
  using Item = registry::v1::Client;
  using Request = registry::v1::WatchAccessRequest;
  using Response = registry::v1::WatchAccessResponse;
  static auto Prepare(DeviceRegistryService::Stub& stub, grpc::ClientContext* context, const Request& request,
                      grpc::CompletionQueue* queue) {
    return stub.PrepareAsyncWatchAccess(context, request, queue);
  }
  static auto* Items(Response& response) { return response.mutable_clients(); }
};

// One stream, read with a deadline for each message.
template <typename Watch>
class Stream {
 public:
  Stream(DeviceRegistryService::Stub& stub, std::uint64_t after, const std::stop_token& stop)
      : context_(rpc::LongStream()), cancel_(stop, [this] { context_->TryCancel(); }) {
    typename Watch::Request request;
    request.set_after_revision(after);
    reader_ = Watch::Prepare(stub, context_.get(), request, &queue_);
    reader_->StartCall(this);
  }

  ~Stream() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) continue;
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // False when the stream has ended or stays silent for `limit`; ask End() then.
  bool Started(std::chrono::milliseconds limit) { return Await(limit); }
  bool Read(typename Watch::Response& response, std::chrono::milliseconds limit) {
    reader_->Read(&response, this);
    return Await(limit);
  }

  // Ends the stream and says why it ended.
  std::string End() {
    context_->TryCancel();
    grpc::Status status;
    reader_->Finish(&status, this);
    Drain();
    return silent_ ? "silent for too long" : status.error_message();
  }

 private:
  bool Await(std::chrono::milliseconds limit) {
    void* tag = nullptr;
    bool ok = false;
    const auto deadline = std::chrono::system_clock::now() + limit;
    if (queue_.AsyncNext(&tag, &ok, deadline) == grpc::CompletionQueue::GOT_EVENT) return ok;
    silent_ = true;
    context_->TryCancel();  // the open operation now ends at once
    Drain();
    return false;
  }

  void Drain() {
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
  }

  std::unique_ptr<grpc::ClientContext> context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReader<typename Watch::Response>> reader_;
  bool silent_ = false;
  std::stop_callback<std::function<void()>> cancel_;
};

template <typename Watch>
class WatcherOf final : public Watcher {
 public:
  using Table = WatchedTable<typename Watch::Item>;

  WatcherOf(std::shared_ptr<grpc::Channel> channel, Table& table, WatchOptions options)
      : options_(std::move(options)), table_(table), stub_(DeviceRegistryService::NewStub(std::move(channel))) {
    LoadFile();
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  }

  ~WatcherOf() override { Stop(); }

  void Stop() override {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    if (saver_ != nullptr) saver_->Stop();
  }

 private:
  void Report(const std::string& sentence) const {
    if (options_.report) options_.report(std::string(Watch::kName) + ": " + sentence);
  }

  void LoadFile() {
    if (options_.file.empty()) return;
    const absl::Status loaded = table_.Load(options_.file);
    if (!loaded.ok() && !absl::IsNotFound(loaded)) Report(std::string(loaded.message()));
    saver_ = std::make_unique<TableSaver>([this] { return table_.Save(options_.file); }, options_.save_interval,
                                          [this](const absl::Status& error) { Report(std::string(error.message())); });
  }

  void Run(const std::stop_token& stop) {
    Backoff pause(options_.first_pause, options_.last_pause);
    do {
      if (Follow(stop)) pause.Reset();
    } while (Pause(stop, WithChance(pause.Failed())));
  }

  // One stream from its beginning to its end; true when anything came.
  bool Follow(const std::stop_token& stop) {
    Stream<Watch> stream(*stub_, table_.revision(), stop);
    WatchBatch<typename Watch::Item> batch;
    typename Watch::Response response;
    bool any = false;
    if (stream.Started(options_.silence_limit)) {
      while (stream.Read(response, options_.silence_limit)) {
        if (!any) Report("connected");
        any = true;
        Take(batch, response);
      }
    }
    const std::string reason = stream.End();
    if (!stop.stop_requested()) Report("lost the registry: " + reason);
    return any;
  }

  void Take(WatchBatch<typename Watch::Item>& batch, typename Watch::Response& response) {
    auto* items = Watch::Items(response);
    std::vector<typename Watch::Item> moved(std::make_move_iterator(items->begin()),
                                            std::make_move_iterator(items->end()));
    const bool changed =
        batch.Add(table_, response.snapshot_start(), std::move(moved), response.complete(), response.revision());
    if (changed && saver_ != nullptr) saver_->MarkChanged();
  }

  // All services lose a registry at once, and do not come back at once.
  std::chrono::nanoseconds WithChance(std::chrono::nanoseconds pause) {
    std::uniform_int_distribution<std::int64_t> more(0, pause.count() / 5);
    return pause + std::chrono::nanoseconds(more(random_));
  }

  const WatchOptions options_;
  Table& table_;
  const std::unique_ptr<DeviceRegistryService::Stub> stub_;
  std::unique_ptr<TableSaver> saver_;
  std::minstd_rand random_{std::random_device{}()};
  std::jthread thread_;  // last: it uses everything above
};

}  // namespace

WatchOptions LocalCopy(const std::string& state_dir, const std::string& what) {
  WatchOptions options;
  options.file = state_dir + "/" + what + ".pb";
  options.report = [](const std::string& sentence) { log::Info("watch", sentence); };
  return options;
}

std::unique_ptr<Watcher> Watcher::Start(std::shared_ptr<grpc::Channel> channel, RouteTable& table,
                                        WatchOptions options) {
  return std::make_unique<WatcherOf<Routes>>(std::move(channel), table, std::move(options));
}

std::unique_ptr<Watcher> Watcher::Start(std::shared_ptr<grpc::Channel> channel, ChainTable& table,
                                        WatchOptions options) {
  return std::make_unique<WatcherOf<Chains>>(std::move(channel), table, std::move(options));
}

std::unique_ptr<Watcher> Watcher::Start(std::shared_ptr<grpc::Channel> channel, AccessTable& table,
                                        WatchOptions options) {
  return std::make_unique<WatcherOf<Access>>(std::move(channel), table, std::move(options));
}

}  // namespace nara
