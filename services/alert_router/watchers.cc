#include "alert_router/watchers.h"

#include <algorithm>
#include <utility>

namespace nara::alert {
namespace {

// Changes kept for a watcher whose snapshot is still on its way.
constexpr std::size_t kMostHeld = 10'000;
constexpr std::size_t kChunk = 500;

absl::Status TooSlow() {
  return absl::ResourceExhaustedError("the watcher does not read fast enough; watch again for a new snapshot");
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
  for (const auto& watcher : All()) ShowTo(*watcher, alert);
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

std::vector<std::shared_ptr<Watchers::Watcher>> Watchers::All() const {
  std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<Watcher>> all;
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
