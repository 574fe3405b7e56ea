#include "data_broker/deliverer.h"

#include <utility>

#include "common/rpc/error.h"
#include "data_broker/cursor.h"

namespace nara::broker {
namespace {

absl::Status Stopping() {
  return rpc::Error(absl::StatusCode::kUnavailable, "STOPPING",
                    "the data broker stops; connect again with the last cursor");
}

std::chrono::milliseconds Since(std::chrono::milliseconds received, absl::Time now) {
  const auto age = std::chrono::milliseconds(absl::ToUnixMillis(now)) - received;
  return std::max(age, std::chrono::milliseconds(0));
}

}  // namespace

Deliverer::Deliverer(Options options, const Seal& seal, Metrics& metrics, const Clock& clock)
    : options_(options), seal_(seal), metrics_(metrics), clock_(clock) {}

Deliverer::~Deliverer() {
  Stop();
}

void Deliverer::Start() {
  for (std::size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { Run(stop); });
  }
  threads_.emplace_back([this](const std::stop_token& stop) { KeepTime(stop); });
}

void Deliverer::Add(const SubscriptionPtr& subscription, std::shared_ptr<ResponseWriter> writer, MayGoOn may_go_on) {
  auto line = std::make_shared<Line>();
  line->subscription = subscription;
  line->writer = std::move(writer);
  line->may_go_on = std::move(may_go_on);
  if (!Enter(line)) line->writer->Close(Stopping());
}

bool Deliverer::Enter(const LinePtr& line) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return false;
  lines_.emplace(line->subscription, line);
  Enqueue(line);
  return true;
}

void Deliverer::Remove(const SubscriptionPtr& subscription) {
  const std::lock_guard lock(mutex_);
  lines_.erase(subscription);
}

void Deliverer::Wake(const SubscriptionPtr& subscription) {
  const std::lock_guard lock(mutex_);
  const auto line = lines_.find(subscription);
  if (line != lines_.end()) Enqueue(line->second);
}

void Deliverer::Enqueue(const LinePtr& line) {
  if (line->serving) line->again = true;
  if (line->queued || line->serving) return;
  line->queued = true;
  ready_.push_back(line);
  ready_changed_.notify_one();
}

void Deliverer::Run(const std::stop_token& stop) {
  while (const LinePtr line = Next(stop)) {
    Serve(*line);
    if (!line->subscription->live()) hungry_(line->subscription);
    Done(line);
  }
}

Deliverer::LinePtr Deliverer::Next(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  ready_changed_.wait(lock, stop, [this] { return !ready_.empty(); });
  if (stop.stop_requested()) return nullptr;
  LinePtr line = std::move(ready_.front());
  ready_.pop_front();
  line->queued = false;
  line->serving = true;
  line->serial = ++last_serial_;
  under_way_.insert(line->serial);
  return line;
}

bool Deliverer::CutOff(Line& line) {
  {
    const std::lock_guard lock(mutex_);
    if (!Due(line.last_check, options_.check)) return false;
    line.last_check = clock_.Monotonic();
  }
  absl::Status status = line.may_go_on();
  if (status.ok()) return false;
  line.writer->Close(std::move(status));
  return true;
}

void Deliverer::Serve(Line& line) {
  if (CutOff(line) || line.writer->queued() > 0) return;
  if (std::optional<Subscription::Batch> batch = line.subscription->Take()) {
    Send(line, *std::move(batch));
  } else if (SilentTooLong(line)) {
    Send(line, line.subscription->Idle());
  }
}

bool Deliverer::SilentTooLong(const Line& line) {
  const std::lock_guard lock(mutex_);
  return Due(line.last_sent, options_.heartbeat);
}

bool Deliverer::Due(absl::Duration last, std::chrono::milliseconds every) const {
  return last + absl::FromChrono(every) <= clock_.Monotonic();
}

void Deliverer::Send(Line& line, Subscription::Batch batch) {
  batch.response.set_cursor(MakeCursor(seal_, line.subscription->wish().caller, batch.after));
  const auto observations = static_cast<std::size_t>(batch.response.observations_size());
  const auto withdrawn = static_cast<std::size_t>(batch.response.withdrawn_size());
  if (!line.writer->Offer(std::move(batch.response))) return;
  metrics_.Delivered(observations);
  metrics_.Withdrawn(withdrawn);
  const bool live = batch.newest_received.count() > 0 && line.subscription->live();
  if (live) metrics_.DeliveredLive(Since(batch.newest_received, clock_.Now()));
  const std::lock_guard lock(mutex_);
  line.last_sent = clock_.Monotonic();
}

void Deliverer::Done(const LinePtr& line) {
  const bool closed = line->writer->closed();
  const bool pending = line->subscription->pending();
  const std::lock_guard lock(mutex_);
  line->serving = false;
  under_way_.erase(line->serial);
  settled_.notify_all();
  if (closed) {
    lines_.erase(line->subscription);
  } else if (pending) {
    busy_.push_back(line);
    if (busy_.size() == 1) busy_changed_.notify_one();
  } else if (line->again) {
    Enqueue(line);
  }
  line->again = false;
}

void Deliverer::KeepTime(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    busy_changed_.wait_for(lock, stop, options_.heartbeat / 8, [this] { return !busy_.empty(); });
    if (!busy_.empty()) {
      busy_changed_.wait_for(lock, stop, options_.look_again, [] { return false; });
    }
    for (const LinePtr& line : std::exchange(busy_, {})) Enqueue(line);
    for (const auto& [subscription, line] : lines_) {
      if (Due(line->last_sent, options_.heartbeat) || Due(line->last_check, options_.check)) Enqueue(line);
    }
  }
}

void Deliverer::Settle() {
  std::unique_lock lock(mutex_);
  const std::uint64_t last = last_serial_;
  settled_.wait(lock, [&] { return under_way_.empty() || *under_way_.begin() > last; });
}

void Deliverer::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
  std::unordered_map<SubscriptionPtr, LinePtr> lines;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    lines.swap(lines_);
    ready_.clear();
    busy_.clear();
  }
  // Without the lock: closing may call Remove.
  for (const auto& [subscription, line] : lines) {
    line->writer->Close(Stopping());
  }
}

}  // namespace nara::broker
