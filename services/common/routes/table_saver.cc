#include "common/routes/table_saver.h"

#include <algorithm>
#include <utility>

namespace nara {

TableSaver::TableSaver(std::function<absl::Status()> save, std::chrono::milliseconds interval,
                       std::function<void(const absl::Status&)> failed)
    : save_(std::move(save)),
      interval_(interval),
      failed_(std::move(failed)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

TableSaver::~TableSaver() {
  Stop();
}

void TableSaver::MarkChanged() {
  const std::lock_guard lock(mutex_);
  changed_ = true;
  wake_.notify_all();
}

void TableSaver::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void TableSaver::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  // A stop ends both waits; the second one lets changes gather.
  while (wake_.wait(lock, stop, [this] { return changed_; })) {
    const auto gather = std::max<std::chrono::steady_clock::duration>(interval_, 20 * last_took_);
    wake_.wait_for(lock, stop, gather, [] { return false; });
    changed_ = false;
    lock.unlock();
    SaveNow();
    lock.lock();
  }
}

void TableSaver::SaveNow() {
  const auto began = std::chrono::steady_clock::now();
  const absl::Status saved = save_();
  last_took_ = std::chrono::steady_clock::now() - began;
  if (!saved.ok()) failed_(saved);
}

}  // namespace nara
