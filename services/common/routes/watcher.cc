#include "common/routes/watcher.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <random>
#include <string_view>
#include <tuple>
#include <utility>

#include "common/log/log.h"
#include "common/routes/access_lease.h"
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

// What rides along on the stream of chains.
struct Plans {
  static constexpr std::string_view kName = "plans";
  using Item = registry::v1::Plan;
  static auto* Items(Chains::Response& response) { return response.mutable_plans(); }
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

// What rides along on the stream of clients.
struct Privacies {
  static constexpr std::string_view kName = "privacy";
  using Item = registry::v1::ResidentPrivacy;
  static auto* Items(Access::Response& response) { return response.mutable_privacy(); }
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

// The table of one kind of item that a stream carries, and what of it is not complete.
template <typename Part>
struct Followed {
  WatchedTable<typename Part::Item>& table;
  WatchBatch<typename Part::Item> batch = {};

  template <typename Response>
  bool Take(Response& response) {
    auto* items = Part::Items(response);
    std::vector<typename Part::Item> moved(std::make_move_iterator(items->begin()),
                                           std::make_move_iterator(items->end()));
    return batch.Add(table, response.snapshot_start(), std::move(moved), response.complete(), response.revision());
  }
};

// Follows what a watch is named after, and `More` that ride along.
template <typename Watch, typename... More>
class WatcherOf final : public Watcher {
 public:
  template <typename Part>
  using Table = WatchedTable<typename Part::Item>;

  // `took` is told which state the tables show, after each complete one.
  WatcherOf(std::shared_ptr<grpc::Channel> channel, WatchOptions options, std::function<void(std::uint64_t)> took,
            Table<Watch>& table, Table<More>&... more)
      : options_(std::move(options)),
        took_(std::move(took)),
        parts_(Followed<Watch>{table}, Followed<More>{more}...),
        stub_(DeviceRegistryService::NewStub(std::move(channel))) {
    LoadFiles();
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

  // Where a part's local copy is: the file of the options, or beside it.
  template <typename Part>
  std::string FileOf(const Followed<Part>& /*part*/) const {
    if (std::is_same_v<Part, Watch>) return options_.file;
    return std::filesystem::path(options_.file).replace_filename(std::string(Part::kName) + ".pb");
  }

  template <typename Part>
  void LoadFile(const Followed<Part>& part) {
    const absl::Status loaded = part.table.Load(FileOf(part));
    if (!loaded.ok() && !absl::IsNotFound(loaded)) Report(std::string(loaded.message()));
  }

  void LoadFiles() {
    if (options_.file.empty()) return;
    std::apply([this](const auto&... parts) { (this->LoadFile(parts), ...); }, parts_);
    saver_ = std::make_unique<TableSaver>([this] { return Save(); }, options_.save_interval,
                                          [this](const absl::Status& error) { Report(std::string(error.message())); });
  }

  absl::Status Save() const {
    absl::Status status;
    const auto save = [&](const auto& part) {
      if (status.ok()) status = part.table.Save(FileOf(part));
    };
    std::apply([&](const auto&... parts) { (save(parts), ...); }, parts_);
    return status;
  }

  // What every table has seen.
  std::uint64_t Seen() const {
    return std::apply([](const auto&... parts) { return std::min({parts.table.revision()...}); }, parts_);
  }

  void Run(const std::stop_token& stop) {
    Backoff pause(options_.first_pause, options_.last_pause);
    do {
      if (Follow(stop)) pause.Reset();
    } while (Pause(stop, WithChance(pause.Failed())));
  }

  // One stream from its beginning to its end; true when anything came.
  bool Follow(const std::stop_token& stop) {
    Stream<Watch> stream(*stub_, Seen(), stop);
    std::apply([](auto&... parts) { ((parts.batch = {}), ...); }, parts_);
    typename Watch::Response response;
    bool any = false;
    if (stream.Started(options_.silence_limit)) {
      while (stream.Read(response, options_.silence_limit)) {
        if (!any) Report("connected");
        any = true;
        Take(response);
      }
    }
    const std::string reason = stream.End();
    if (!stop.stop_requested()) Report("lost the registry: " + reason);
    return any;
  }

  void Take(typename Watch::Response& response) {
    const bool changed = std::apply([&](auto&... parts) { return (int{parts.Take(response)} + ...) > 0; }, parts_);
    if (changed && saver_ != nullptr) saver_->MarkChanged();
    if (response.complete() && took_) took_(Seen());
  }

  // All services lose a registry at once, and do not come back at once.
  std::chrono::nanoseconds WithChance(std::chrono::nanoseconds pause) {
    std::uniform_int_distribution<std::int64_t> more(0, pause.count() / 5);
    return pause + std::chrono::nanoseconds(more(random_));
  }

  const WatchOptions options_;
  const std::function<void(std::uint64_t)> took_;
  std::tuple<Followed<Watch>, Followed<More>...> parts_;  // the batches: the thread's own
  const std::unique_ptr<DeviceRegistryService::Stub> stub_;
  std::unique_ptr<TableSaver> saver_;
  std::minstd_rand random_{std::random_device{}()};
  std::jthread thread_;  // last: it uses everything above
};

// Follows clients and privacy, and keeps the lease.
class AccessWatcher final : public Watcher {
 public:
  AccessWatcher(const std::shared_ptr<grpc::Channel>& channel, const WatchOptions& options, AccessTable& clients,
                PrivacyTable& privacy)
      : lease_(channel, privacy, options.settle),
        watcher_(channel, options, [this](std::uint64_t revision) { lease_.Took(revision); }, clients, privacy) {}

  ~AccessWatcher() override { Stop(); }

  void Stop() override {
    lease_.Stop();
    watcher_.Stop();
  }

 private:
  AccessLease lease_;
  WatcherOf<Access, Privacies> watcher_;
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
  return std::make_unique<WatcherOf<Routes>>(std::move(channel), std::move(options), nullptr, table);
}

std::unique_ptr<Watcher> Watcher::Start(std::shared_ptr<grpc::Channel> channel, ChainTable& table,
                                        WatchOptions options) {
  return std::make_unique<WatcherOf<Chains>>(std::move(channel), std::move(options), nullptr, table);
}

std::unique_ptr<Watcher> Watcher::Start(std::shared_ptr<grpc::Channel> channel, ChainTable& chains, PlanTable& plans,
                                        WatchOptions options) {
  return std::make_unique<WatcherOf<Chains, Plans>>(std::move(channel), std::move(options), nullptr, chains, plans);
}

std::unique_ptr<Watcher> Watcher::Start(std::shared_ptr<grpc::Channel> channel, AccessTable& table,
                                        WatchOptions options) {
  return std::make_unique<WatcherOf<Access>>(std::move(channel), std::move(options), nullptr, table);
}

std::unique_ptr<Watcher> Watcher::Start(std::shared_ptr<grpc::Channel> channel, AccessTable& clients,
                                        PrivacyTable& privacy, WatchOptions options) {
  return std::make_unique<AccessWatcher>(channel, options, clients, privacy);
}

}  // namespace nara
