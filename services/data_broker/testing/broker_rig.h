// The whole data broker but for gRPC, on fakes or on real stores: what a subscriber
// sees, in a test's words.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "common/testing/wait_for.h"
#include "data_broker/feed.h"
#include "data_broker/history_writer.h"
#include "data_broker/service.h"
#include "data_broker/testing/fake_history.h"

namespace nara::broker::testing {

struct RigOptions {
  std::size_t queue = 8;
  std::size_t kept = 16;
  std::size_t max_subscriptions = 4096;
  std::size_t max_of_client = 256;
  std::chrono::milliseconds heartbeat{30};
  std::size_t batch = 4;    // in one response
  std::size_t notices = 5;  // in one read
};

// Stores and logs must outlive it.
class BrokerRig {
 public:
  using MakeShelf = std::function<std::unique_ptr<LogShelf>()>;
  using MakeSource = std::function<std::unique_ptr<LogSource>()>;

  BrokerRig(const Audience& audience, HistoryReader& reader, HistoryWriterStore& store, const MakeShelf& shelf,
            const MakeSource& source, RigOptions options = {})
      : hub_(options.kept),
        relabeller_(metrics_),
        writer_(WriterOptions(), {shelf, source, store, audience, relabeller_, metrics_, clock_}),
        feed_(FeedOptions(), {shelf, source, audience, hub_, metrics_, clock_}),
        catch_up_(CatchUpOptions(), {shelf, reader, audience, hub_, metrics_, clock_}),
        notices_(
            {.poll = std::chrono::milliseconds(10), .again = std::chrono::milliseconds(1), .piece = options.notices},
            {reader, audience, metrics_, clock_}),
        deliverer_({.heartbeat = options.heartbeat, .check = options.heartbeat}, seal_, metrics_, clock_),
        service_({.max_subscriptions = options.max_subscriptions,
                  .max_of_client = options.max_of_client,
                  .subscription = {.capacity = options.queue, .max_batch = options.batch},
                  .care_kinds = CareKinds()},
                 {audience, seal_, reader, hub_, catch_up_, notices_, deliverer_, metrics_}) {
    const auto wake = [this](const SubscriptionPtr& pending) { deliverer_.Wake(pending); };
    hub_.OnPending(wake);
    catch_up_.OnPending(wake);
    notices_.OnPending(wake);
    deliverer_.OnServed([this](const SubscriptionPtr& served) { catch_up_.Feed(served); });
    catch_up_.Start();
    notices_.Start();
    deliverer_.Start();
  }
  ~BrokerRig() { Stop(); }

  // Streams end; the service may still be asked.
  void Stop() {
    feed_.Stop();
    writer_.Stop();
    notices_.Stop();
    deliverer_.Stop();
    catch_up_.Stop();
  }

  static std::set<std::string> CareKinds() { return {"glucose", "weight"}; }

  // Live reading begins at the logs' ends; back when it has.
  void StartFeed() {
    feed_.Start();
    nara::testing::WaitFor([this] { return hub_.head().has_value(); });
  }
  void StartHistory() { writer_.Start(); }

  std::shared_ptr<FakeWriter> Subscribe(const std::string& caller, const std::string& cursor = "",
                                        bool from_start = false) {
    v1::SubscribeRequest request;
    request.set_cursor(cursor);
    request.set_from_start(from_start);
    return Subscribe(caller, request);
  }
  std::shared_ptr<FakeWriter> Subscribe(const std::string& caller, const v1::SubscribeRequest& request) {
    auto writer = std::make_shared<FakeWriter>();
    absl::Status status = service_.Subscribe({.peer = caller, .caller = caller}, request, writer);
    if (!status.ok()) writer->Close(std::move(status));
    return writer;
  }
  // The client goes away.
  static void Break(FakeWriter& writer) { writer.Close(absl::CancelledError("gone")); }

  absl::StatusOr<v1::ListObservationsResponse> List(const std::string& caller,
                                                    const v1::ListObservationsRequest& request = {}) {
    return service_.ListObservations({.peer = caller, .caller = caller}, request);
  }

  Hub& hub() { return hub_; }
  Deliverer& deliverer() { return deliverer_; }
  Relabeller& relabeller() { return relabeller_; }
  const NoticeBoard& notices() const { return notices_; }
  metrics::Registry& registry() { return registry_; }

 private:
  static HistoryWriter::Options WriterOptions() {
    HistoryWriter::Options writer;
    writer.block = std::chrono::milliseconds(20);
    writer.gather = std::chrono::milliseconds(2);
    writer.commit = std::chrono::milliseconds(1);
    writer.first_pause = std::chrono::milliseconds(2);
    writer.last_pause = std::chrono::milliseconds(10);
    writer.care_kinds = CareKinds();
    return writer;
  }
  static Feed::Options FeedOptions() {
    Feed::Options feed;
    feed.block = std::chrono::milliseconds(20);
    feed.first_pause = std::chrono::milliseconds(2);
    feed.last_pause = std::chrono::milliseconds(10);
    feed.care_kinds = CareKinds();
    return feed;
  }
  static CatchUp::Options CatchUpOptions() {
    CatchUp::Options catch_up;
    catch_up.piece = 5;
    catch_up.retry_after = std::chrono::milliseconds(4);
    catch_up.care_kinds = CareKinds();
    return catch_up;
  }

  const SystemClock& clock_ = SystemClock::Instance();
  metrics::Registry registry_;
  Metrics metrics_{registry_};
  const Seal seal_{std::string(32, 'k')};
  Hub hub_;
  Relabeller relabeller_;
  HistoryWriter writer_;
  Feed feed_;
  CatchUp catch_up_;
  NoticeBoard notices_;
  Deliverer deliverer_;
  Service service_;
};

}  // namespace nara::broker::testing
