#include "common/routes/watcher.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "common/log/log.h"
#include "nara/registry/v1/service.grpc.pb.h"

namespace nara {
namespace {

using registry::v1::WatchChainsRequest;
using registry::v1::WatchChainsResponse;
using registry::v1::WatchRoutesRequest;
using registry::v1::WatchRoutesResponse;
using namespace std::chrono_literals;

WatchRoutesResponse Message(bool snapshot, const std::vector<std::string>& devices, std::uint64_t revision) {
  WatchRoutesResponse message;
  message.set_snapshot_start(snapshot);
  for (const std::string& device : devices) {
    message.add_routes()->set_device(device);
    message.mutable_routes(message.routes_size() - 1)->set_revision(revision);
  }
  message.set_complete(true);
  message.set_revision(revision);
  return message;
}

// A registry that says what a test tells it to, and then is silent or breaks.
class ScriptedRegistry final : public registry::v1::DeviceRegistryService::Service {
 public:
  ScriptedRegistry() { Listen(0); }
  ~ScriptedRegistry() override { Shutdown(); }

  grpc::Status WatchRoutes(grpc::ServerContext* context, const WatchRoutesRequest* request,
                           grpc::ServerWriter<WatchRoutesResponse>* writer) override {
    std::unique_lock lock(mutex_);
    asked_after_.push_back(request->after_revision());
    wake_.notify_all();
    const std::size_t round = asked_after_.size();
    std::size_t sent = 0;
    while (!context->IsCancelled() && broken_ < round) {
      for (; sent < script_.size(); ++sent) writer->Write(script_[sent]);
      wake_.wait_for(lock, 5ms);
    }
    return {grpc::StatusCode::UNAVAILABLE, "broken by the test"};
  }

  // One version of a chain and of a plan, to whoever has not seen revision 5.
  grpc::Status WatchChains(grpc::ServerContext* context, const WatchChainsRequest* request,
                           grpc::ServerWriter<WatchChainsResponse>* writer) override {
    WatchChainsResponse message;
    message.set_snapshot_start(request->after_revision() == 0);
    message.set_complete(true);
    message.set_revision(5);
    if (request->after_revision() < 5) {
      message.add_chains()->set_unit("care-1480-1");
      message.mutable_chains(0)->set_version(1);
      message.add_plans()->set_resident("r-1");
    }
    writer->Write(message);
    std::unique_lock lock(mutex_);
    asked_after_.push_back(request->after_revision());
    wake_.notify_all();
    while (!context->IsCancelled()) wake_.wait_for(lock, 5ms);
    return {grpc::StatusCode::UNAVAILABLE, "broken by the test"};
  }

  // One client and one resident's privacy, to whoever has not seen revision 5.
  grpc::Status WatchAccess(grpc::ServerContext* context, const registry::v1::WatchAccessRequest* request,
                           grpc::ServerWriter<registry::v1::WatchAccessResponse>* writer) override {
    registry::v1::WatchAccessResponse message;
    message.set_snapshot_start(request->after_revision() == 0);
    message.set_complete(true);
    message.set_revision(5);
    if (request->after_revision() < 5) {
      message.add_clients()->set_id("care");
      message.add_privacy()->set_resident("r-1");
    }
    writer->Write(message);
    std::unique_lock lock(mutex_);
    while (!context->IsCancelled()) wake_.wait_for(lock, 5ms);
    return {grpc::StatusCode::UNAVAILABLE, "broken by the test"};
  }

  grpc::Status ConfirmAccess(grpc::ServerContext* /*context*/, const registry::v1::ConfirmAccessRequest* request,
                             registry::v1::ConfirmAccessResponse* /*response*/) override {
    const std::lock_guard lock(mutex_);
    confirmed_.push_back(*request);
    wake_.notify_all();
    return vouches_ ? grpc::Status::OK : grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "behind");
  }
  void Vouch(bool vouches) {
    const std::lock_guard lock(mutex_);
    vouches_ = vouches;
  }
  std::vector<registry::v1::ConfirmAccessRequest> WaitForConfirmations(std::size_t count) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, 10s, [&] { return confirmed_.size() >= count; });
    return confirmed_;
  }

  void Say(WatchRoutesResponse message) {
    const std::lock_guard lock(mutex_);
    script_.push_back(std::move(message));
    wake_.notify_all();
  }

  // Ends every stream that is open and forgets the script.
  void Break() {
    const std::lock_guard lock(mutex_);
    broken_ = asked_after_.size();
    script_.clear();
    wake_.notify_all();
  }

  void Shutdown() { server_->Shutdown(std::chrono::system_clock::now() + 100ms); }
  void Listen(int port) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }

  std::vector<std::uint64_t> WaitForCalls(std::size_t count) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, 10s, [&] { return asked_after_.size() >= count; });
    return asked_after_;
  }

  std::shared_ptr<grpc::Channel> Channel() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 50);
    return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port_), grpc::InsecureChannelCredentials(),
                                     arguments);
  }

 private:
  int port_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<WatchRoutesResponse> script_;
  std::vector<std::uint64_t> asked_after_;
  std::size_t broken_ = 0;
  std::vector<registry::v1::ConfirmAccessRequest> confirmed_;
  bool vouches_ = true;
  std::unique_ptr<grpc::Server> server_;
};

// Lets a test wait until a table is at a revision.
template <typename Table>
class FollowerOf {
 public:
  FollowerOf() {
    table.OnChange([this](const auto&) {
      const std::lock_guard lock(mutex_);
      wake_.notify_all();
    });
  }

  bool Reaches(std::uint64_t revision) {
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, 10s, [&] { return table.revision() >= revision; });
  }

  Table table;

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
};

using Follower = FollowerOf<RouteTable>;

WatchOptions Quick(const std::string& file = "") {
  WatchOptions options;
  options.file = file;
  options.save_interval = 1ms;
  options.silence_limit = 300ms;
  options.first_pause = 5ms;
  options.last_pause = 20ms;
  return options;
}

std::string FreshFile() {
  std::string name = (std::filesystem::temp_directory_path() / "watchXXXXXX").string();
  return std::string(mkdtemp(name.data())) + "/routes.pb";
}

TEST(Watcher, FollowsASnapshotAndChanges) {
  ScriptedRegistry registry;
  Follower follower;
  registry.Say(Message(true, {"dev-1", "dev-2"}, 2));
  const auto watcher = Watcher::Start(registry.Channel(), follower.table, Quick());
  ASSERT_TRUE(follower.Reaches(2));
  registry.Say(Message(false, {"dev-3"}, 3));
  ASSERT_TRUE(follower.Reaches(3));
  EXPECT_EQ(follower.table.size(), 3u);
  EXPECT_TRUE(follower.table.fresh(10s));
}

TEST(Watcher, GoesOnFromItsRevisionAfterABreak) {
  ScriptedRegistry registry;
  Follower follower;
  registry.Say(Message(true, {"dev-1"}, 7));
  const auto watcher = Watcher::Start(registry.Channel(), follower.table, Quick());
  ASSERT_TRUE(follower.Reaches(7));
  registry.Break();
  registry.Say(Message(false, {"dev-2"}, 8));
  ASSERT_TRUE(follower.Reaches(8));
  const std::vector<std::uint64_t> asked = registry.WaitForCalls(2);
  EXPECT_EQ(asked.front(), 0u);
  EXPECT_EQ(asked.back(), 7u);
  EXPECT_EQ(follower.table.size(), 2u);
}

TEST(Watcher, GivesUpAStreamThatStaysSilent) {
  ScriptedRegistry registry;
  RouteTable table;
  const auto watcher = Watcher::Start(registry.Channel(), table, Quick());
  EXPECT_GE(registry.WaitForCalls(2).size(), 2u);
}

TEST(Watcher, KnowsWhatItKnewWhileTheRegistryIsDown) {
  const std::string file = FreshFile();
  ScriptedRegistry registry;
  {
    Follower follower;
    registry.Say(Message(true, {"dev-1"}, 4));
    const auto watcher = Watcher::Start(registry.Channel(), follower.table, Quick(file));
    ASSERT_TRUE(follower.Reaches(4));
    watcher->Stop();
  }
  registry.Shutdown();
  RouteTable table;
  const auto watcher = Watcher::Start(registry.Channel(), table, Quick(file));
  EXPECT_NE(table.Find("dev-1"), nullptr);
  EXPECT_FALSE(table.fresh(10s));
  watcher->Stop();
  std::filesystem::remove_all(std::filesystem::path(file).parent_path());
}

TEST(Watcher, StopsAtOnceWhileNobodyAnswers) {
  ScriptedRegistry registry;
  registry.Shutdown();
  RouteTable table;
  const auto watcher = Watcher::Start(registry.Channel(), table, Quick());
  const auto began = std::chrono::steady_clock::now();
  watcher->Stop();
  watcher->Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
}

TEST(Watcher, FollowsChainsAndWhatRidesAlongWithThem) {
  ScriptedRegistry registry;
  ChainTable chains;
  FollowerOf<PlanTable> plans;
  const auto watcher = Watcher::Start(registry.Channel(), chains, plans.table, Quick());
  ASSERT_TRUE(plans.Reaches(5));
  EXPECT_NE(plans.table.Find("r-1"), nullptr);
  EXPECT_NE(chains.Find("care-1480-1/1"), nullptr);
}

TEST(Watcher, GoesOnFromWhatEveryTableHasSeen) {
  const std::string file = FreshFile();
  ScriptedRegistry registry;
  const auto follow = [&](const std::string& forget) {
    if (!forget.empty()) std::filesystem::remove(std::filesystem::path(file).replace_filename(forget));
    const std::size_t before = registry.WaitForCalls(0).size();
    FollowerOf<ChainTable> chains;
    PlanTable plans;
    const auto watcher = Watcher::Start(registry.Channel(), chains.table, plans, Quick(file));
    EXPECT_TRUE(chains.Reaches(5));
    const std::uint64_t asked = registry.WaitForCalls(before + 1)[before];
    watcher->Stop();
    return asked;
  };
  EXPECT_EQ(follow(""), 0u);
  EXPECT_EQ(follow(""), 5u);
  EXPECT_EQ(follow("plans.pb"), 0u) << "a process that did not follow plans before";
  std::filesystem::remove_all(std::filesystem::path(file).parent_path());
}

TEST(Watcher, ConfirmsTheStateOfAccessAndIsVouchedFor) {
  ScriptedRegistry registry;
  AccessTable clients;
  PrivacyTable privacy;
  std::atomic<int> settled = 0;
  WatchOptions options = Quick();
  options.settle = [&] { ++settled; };
  const auto watcher = Watcher::Start(registry.Channel(), clients, privacy, options);
  const auto confirmed = registry.WaitForConfirmations(3);
  ASSERT_GE(confirmed.size(), 3u) << "it says again and again that it lives";
  EXPECT_EQ(confirmed[0].revision(), 5u);
  EXPECT_EQ(confirmed[0].consumer(), confirmed[2].consumer());
  EXPECT_EQ(confirmed[0].consumer().size(), 32u);
  EXPECT_GE(settled, 3) << "each time after what was decided before is out";
  EXPECT_TRUE(privacy.current(10s));
  EXPECT_NE(privacy.Find("r-1"), nullptr);
}

TEST(Watcher, IsNotVouchedForWhileTheRegistryRefuses) {
  ScriptedRegistry registry;
  registry.Vouch(false);
  AccessTable clients;
  PrivacyTable privacy;
  const auto watcher = Watcher::Start(registry.Channel(), clients, privacy, Quick());
  ASSERT_GE(registry.WaitForConfirmations(2).size(), 2u);
  EXPECT_TRUE(clients.fresh(10s)) << "it hears the watch";
  EXPECT_FALSE(privacy.current(10s));
}

TEST(LocalCopy, IsInTheStateFolderAndTellsTheLog) {
  const WatchOptions options = LocalCopy("/var/lib/nara", "routes");
  EXPECT_EQ(options.file, "/var/lib/nara/routes.pb");
  std::string line;
  log::Redirect([&](std::string_view text) { line = text; });
  options.report("routes: connected");
  log::Redirect({});
  EXPECT_NE(line.find("routes: connected"), std::string::npos) << line;
}

}  // namespace
}  // namespace nara
