#include "alert_router/watchers.h"

#include <algorithm>
#include <utility>

#include "common/rpc/error.h"

namespace nara::alert {
namespace {

// Changes kept for a watcher whose snapshot is still on its way.
constexpr std::size_t kMostHeld = 10'000;
constexpr std::size_t kChunk = 500;
// Changes that wait to be shown.
constexpr std::size_t kMostWaiting = 20'000;

absl::Status TooSlow() {
  return rpc::Error(absl::StatusCode::kResourceExhausted, "NOT_READ",
                    "the watcher does not read fast enough; watch again for a new snapshot");
}

bool ShowAll(WatchSink& sink, const std::vector<Alert>& alerts) {
  for (std::size_t from = 0; from < alerts.size(); from += kChunk) {
    const std::size_t to = std::min(alerts.size(), from + kChunk);
    if (!sink.ShowPatiently({alerts.begin() + from, alerts.begin() + to})) return false;
  }
  return true;
}

}  // namespace

struct Watchers::Watcher {
  const std::string caller;
  const std::string principal;
  const std::shared_ptr<WatchSink> sink;

  std::mutex mutex;
  // Guarded by mutex.
  bool live = false;
  std::vector<Alert> held;
};

absl::StatusOr<Watchers::Id> Watchers::Begin(const std::string& caller, const std::string& principal,
                                             std::shared_ptr<WatchSink> sink, const Snapshot& snapshot) {
  auto watcher = std::make_shared<Watcher>(caller, principal, std::move(sink));
  Id id;
  {
    std::scoped_lock lock(mutex_);
    id = ++last_id_;
    watchers_[id] = watcher;
  }
  absl::StatusOr<std::vector<Alert>> open = snapshot();
  if (!open.ok()) {
    End(id);
    return open.status();
  }
  // What changed before the snapshot was read is held now, and told from what changed after it.
  Drain();
  if (!ShowAll(*watcher->sink, *open) || !CatchUp(*watcher, *open)) {
    End(id);
    return TooSlow();
  }
  return id;
}

// The sink may take its time, and those who show what changes do not wait for it.
bool Watchers::CatchUp(Watcher& watcher, const std::vector<Alert>& open) {
  std::map<std::string, uint64_t> shown;
  for (const Alert& alert : open) shown[alert.id] = alert.version;
  for (;;) {
    std::vector<Alert> held;
    {
      std::scoped_lock lock(watcher.mutex);
      held = std::exchange(watcher.held, {});
      watcher.live = held.empty();
    }
    if (held.empty()) return true;
    std::erase_if(held, [&](const Alert& alert) { return alert.version <= shown[alert.id]; });
    if (!ShowAll(*watcher.sink, held)) return false;
  }
}

void Watchers::End(Id id) {
  std::scoped_lock lock(mutex_);
  watchers_.erase(id);
}

void Watchers::Show(const Alert& alert) {
  {
    std::scoped_lock lock(mutex_);
    if (watchers_.empty()) return;
    if (waiting_.size() == kMostWaiting) lost_ = true;
    if (lost_) waiting_.clear();
    waiting_.push_back(alert);
  }
  wake_.notify_one();
}

void Watchers::Drain() {
  std::scoped_lock draining(draining_);
  for (std::vector<Alert> alerts = TakeWaiting(); !alerts.empty(); alerts = TakeWaiting()) {
    const Pointers watchers = All();
    for (const Alert& alert : alerts) {
      for (const auto& watcher : watchers) ShowTo(*watcher, alert);
    }
  }
}

std::vector<Alert> Watchers::TakeWaiting() {
  bool lost = false;
  std::vector<Alert> alerts;
  {
    std::scoped_lock lock(mutex_);
    lost = std::exchange(lost_, false);
    alerts = std::exchange(waiting_, {});
  }
  if (lost) CloseAll(TooSlow());
  return alerts;
}

void Watchers::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, stop, [this] { return !waiting_.empty(); });
      }
      Drain();
    }
  });
}

void Watchers::Stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Watchers::ShowTo(Watcher& watcher, const Alert& alert) {
  if (!watcher.principal.empty() && watcher.principal != alert.principal) return;
  if (!may_see_(watcher.caller, alert)) return;
  std::scoped_lock lock(watcher.mutex);
  if (watcher.live) {
    if (!watcher.sink->Show({alert})) watcher.sink->Close(TooSlow());
  } else if (watcher.held.size() < kMostHeld) {
    watcher.held.push_back(alert);
  } else {
    watcher.sink->Close(TooSlow());
  }
}

void Watchers::Beat() {
  for (const auto& watcher : All()) {
    std::scoped_lock lock(watcher->mutex);
    if (watcher->live && !watcher->sink->Show({})) watcher->sink->Close(TooSlow());
  }
}

Watchers::Pointers Watchers::All() const {
  std::scoped_lock lock(mutex_);
  Pointers all;
  all.reserve(watchers_.size());
  for (const auto& [id, watcher] : watchers_) all.push_back(watcher);
  return all;
}

std::size_t Watchers::size() const {
  std::scoped_lock lock(mutex_);
  return watchers_.size();
}

void Watchers::CloseAll(const absl::Status& status) {
  for (const auto& watcher : All()) watcher->sink->Close(status);
}

}  // namespace nara::alert
