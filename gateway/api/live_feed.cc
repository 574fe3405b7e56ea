#include "gateway/api/live_feed.h"

#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/rpc/error.h"
#include "common/time/text.h"
#include "gateway/api/json.h"

namespace nara::gateway {
namespace {

constexpr absl::Duration kPause = absl::Seconds(1);
constexpr absl::Duration kBeat = absl::Seconds(5);
constexpr absl::Duration kFleetInterval = absl::Seconds(2);
constexpr absl::Duration kIdle = absl::Seconds(10);
constexpr absl::Duration kLook = absl::Milliseconds(250);

// Ids of one feed never look like those of another.
std::string NewIncarnation() {
  return absl::StrCat(absl::Hex(absl::ToUnixNanos(absl::Now())));
}

}  // namespace

LiveFeed::LiveFeed(Caller caller, Ports ports, Metrics& metrics, const Clock& clock)
    : caller_(std::move(caller)), ports_(ports), metrics_(metrics), clock_(clock), ring_(NewIncarnation()) {
  threads_.emplace_back([this](std::stop_token stop) { Beat(stop); });
  Keep("fleet", &LiveFeed::FollowFleet, &Metrics::FleetEnded);
  Keep("alerts", &LiveFeed::FollowAlerts, &Metrics::AlertsEnded);
  if (caller_.role == Role::kCareUnit) Keep("observations", &LiveFeed::FollowObservations, &Metrics::ObservationsEnded);
  if (caller_.role != Role::kAlarmCentre) return;
  attendance_.emplace(caller_.id, ports_.alerts, metrics_, [this](const auto& pulse) { PassOn(pulse); });
  threads_.emplace_back([this](std::stop_token stop) { AttendWhileFollowed(stop); });
}

LiveFeed::~LiveFeed() {
  for (auto& thread : threads_) thread.request_stop();
  threads_.clear();
  ring_.CloseAll();
}

void LiveFeed::Attach(const std::shared_ptr<EventQueue>& queue, const std::string& last_event_id) {
  ring_.Attach(queue, last_event_id);
  if (attendance_) attendance_->Look(true, clock_.Monotonic());
}

void LiveFeed::Keep(const char* name, Source source, void (Metrics::*count)()) {
  threads_.emplace_back([this, name, source, count](std::stop_token stop) {
    do {
      const absl::Status ended = (this->*source)(stop);
      if (stop.stop_requested()) return;
      (metrics_.*count)();
      log::Warn("live_feed", "source ended, beginning again",
                {{"client", caller_.id}, {"source", name}, {"reason", ended.ToString()}});
    } while (Sleep(stop, kPause));
  });
}

bool LiveFeed::Sleep(std::stop_token stop, absl::Duration duration) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, absl::ToChronoMilliseconds(duration), [] { return false; });
  return !stop.stop_requested();
}

absl::Status LiveFeed::FollowAlerts(std::stop_token stop) {
  bool first = true;
  return ports_.alerts.Watch(caller_.id, stop, [&](const alert::v1::WatchAlertsResponse& response) {
    for (const auto& alert : response.alerts()) ring_.Publish("alert", ItemText(alert));
    // What ended while nobody watched is in no message: the pages read again.
    if (std::exchange(first, false)) ring_.Publish("reset", "{}");
  });
}

absl::Status LiveFeed::FollowObservations(std::stop_token stop) {
  const absl::Status ended =
      ports_.observations.Subscribe(caller_.id, cursor_, stop, [this](const broker::v1::SubscribeResponse& response) {
        // What a page shows of them it should not: the pages read again.
        if (response.withdrawn_size() > 0) ring_.Publish("reset", "{}");
        for (const auto& observation : response.observations()) {
          ring_.Publish("observation", ItemText(observation), observation.resident());
        }
        cursor_ = response.cursor();
      });
  if (absl::IsInvalidArgument(ended)) cursor_.clear();
  return ended;
}

absl::Status LiveFeed::FollowFleet(std::stop_token stop) {
  do {
    const auto principals = ports_.fleet.ListPrincipals(caller_.id, stop);
    if (!principals.ok()) return principals.status();
    std::string text = ListText("principals", principals->principals());
    if (text == fleet_) continue;
    ring_.Publish("fleet", text);
    fleet_ = std::move(text);
  } while (Sleep(stop, kFleetInterval));
  return absl::OkStatus();
}

void LiveFeed::Beat(std::stop_token stop) {
  do {
    Json json;
    json.Open().Member("at", FormatRfc3339Millis(absl::Now())).Close();
    ring_.Tell("heartbeat", json.Text());
  } while (Sleep(stop, kBeat));
}

void LiveFeed::PassOn(const alert::v1::Heartbeat& pulse) {
  Json json;
  json.Open()
      .Member("at", FormatRfc3339Millis(absl::Now()))
      .Number("oldest_unrouted_ms", pulse.oldest_unrouted_ms())
      .Close();
  ring_.Tell("pulse", json.Text());
}

void LiveFeed::AttendWhileFollowed(std::stop_token stop) {
  do {
    attendance_->Look(ring_.followers(kFollows) > 0, clock_.Monotonic());
  } while (Sleep(stop, kLook));
  attendance_->End();
}

absl::Status LiveFeed::Delivered(const std::string& alert, std::uint64_t version) {
  return attendance_ ? attendance_->Delivered(alert, version) : NotAttending();
}

LiveFeeds::LiveFeeds(Ports ports, Metrics& metrics, const Clock& clock)
    : ports_(ports), metrics_(metrics), clock_(clock), watch_([this](std::stop_token stop) { Watch(stop); }) {}

LiveFeeds::~LiveFeeds() {
  Stop();
}

absl::Status LiveFeeds::MayOpen(const Caller& caller) const {
  if (stopped_) return absl::UnavailableError("the gateway is stopping");
  if (pages_.size() >= (caller.role == Role::kAlarmCentre ? kMostPages : kMostOfOthers)) {
    return rpc::Error(absl::StatusCode::kUnavailable, "TOO_MANY_PAGES",
                      "too many pages are open here; try again later");
  }
  const auto entry = feeds_.find(caller.id);
  if (entry == feeds_.end() || entry->second.feed->followers() < kMostOfOneClient) return absl::OkStatus();
  return rpc::Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_PAGES",
                    "too many pages of this client are open; close some");
}

absl::StatusOr<std::shared_ptr<EventQueue>> LiveFeeds::Open(const Caller& caller, const std::string& last_event_id,
                                                            Allowed allowed) {
  const std::lock_guard lock(mutex_);
  if (const absl::Status may = MayOpen(caller); !may.ok()) return may;
  auto queue = std::make_shared<EventQueue>(clock_);
  Entry& entry = feeds_[caller.id];
  if (!entry.feed) entry.feed = std::make_shared<LiveFeed>(caller, ports_, metrics_, clock_);
  entry.used = clock_.Monotonic();
  entry.feed->Attach(queue, last_event_id);
  pages_.push_back({queue, std::move(allowed)});
  return queue;
}

absl::Status LiveFeeds::Delivered(const std::string& client, const std::string& alert, std::uint64_t version) {
  const std::lock_guard lock(mutex_);
  const auto entry = feeds_.find(client);
  return entry == feeds_.end() ? NotAttending() : entry->second.feed->Delivered(alert, version);
}

void LiveFeeds::Forget(const std::set<std::string>& residents) {
  const std::lock_guard lock(mutex_);
  for (auto& [client, entry] : feeds_) entry.feed->Forget(residents);
}

void LiveFeeds::ClosePages() {
  const std::lock_guard lock(mutex_);
  std::erase_if(pages_, [](const Page& page) {
    if (!page.queue->closed() && !page.allowed()) page.queue->Close();
    return page.queue->closed();
  });
}

std::vector<std::shared_ptr<LiveFeed>> LiveFeeds::TakeIdle() {
  std::vector<std::shared_ptr<LiveFeed>> idle;
  const absl::Duration now = clock_.Monotonic();
  const std::lock_guard lock(mutex_);
  for (auto item = feeds_.begin(); item != feeds_.end();) {
    Entry& entry = item->second;
    if (entry.feed->followers() > 0) entry.used = now;
    if (now - entry.used < kIdle) {
      ++item;
      continue;
    }
    idle.push_back(std::move(entry.feed));
    item = feeds_.erase(item);
  }
  return idle;
}

void LiveFeeds::Watch(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, absl::ToChronoMilliseconds(kLook), [] { return false; });
    lock.unlock();
    ClosePages();
    TakeIdle();
    lock.lock();
  }
}

void LiveFeeds::Stop() {
  watch_.request_stop();
  if (watch_.joinable()) watch_.join();
  std::map<std::string, Entry> feeds;
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  feeds.swap(feeds_);
}

}  // namespace nara::gateway
