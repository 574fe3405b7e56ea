#include "alert_router/attendance.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "common/log/log.h"

namespace nara::alert {
namespace {

constexpr std::chrono::seconds kBeatEach{1};

}  // namespace

absl::StatusOr<Links::Id> Attendance::Attach(const rpc::CallContext& call, const Actor& actor,
                                             std::shared_ptr<Screen> screen) {
  const auto caller = deps_.desk.Attendant(call, actor);
  if (!caller.ok()) return caller.status();
  const absl::Time now = deps_.clock.Now();
  const Pulse pulse{Time(std::chrono::microseconds(absl::ToUnixMicros(now))), deps_.lag.At(absl::ToUnixMillis(now)),
                    deps_.links.OperatorsWith(actor)};
  auto feed = std::make_shared<Feed>(std::move(screen), deps_.links.Now());
  feed->Beat(pulse);
  const Links::Id id = deps_.links.Attach({0, actor.receiver, actor.operator_id, *caller, std::move(feed)});
  deps_.caretaker.LinkCame(actor.receiver);
  log::Info("attendance", "somebody attends", {{"client", *caller}, {"receiver", actor.receiver}});
  return id;
}

void Attendance::Beat() {
  const absl::Time now = deps_.clock.Now();
  const std::chrono::milliseconds oldest = deps_.lag.At(absl::ToUnixMillis(now));
  const int stalled =
      deps_.links.Beat(Time(std::chrono::microseconds(absl::ToUnixMicros(now))), oldest,
                       [this](const Links::Link& link) { return deps_.desk.MayAttend(link.caller, link.receiver); });
  deps_.watchers.Beat();
  deps_.metrics.Stalled(stalled);
  const std::vector<Links::Link> links = deps_.links.All();
  const auto behind =
      std::count_if(links.begin(), links.end(), [](const Links::Link& link) { return link.feed->IsBehind(); });
  deps_.metrics.Observe({oldest, links.size(), static_cast<std::size_t>(behind), deps_.watchers.size()});
}

void Attendance::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, stop, kBeatEach, [] { return false; }) && !stop.stop_requested()) Beat();
  });
}

void Attendance::Stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

}  // namespace nara::alert
