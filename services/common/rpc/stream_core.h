#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "common/rpc/status.h"
#include "common/rpc/stream_writer.h"

namespace nara::rpc {

// The two things a stream can do to its call. Neither may call back into the core before it returns.
template <typename Message>
class StreamSink {
 public:
  // `message` stays valid until StreamCore::Written.
  virtual void Send(const Message& message) = 0;
  virtual void End(const grpc::Status& status) = 0;

 protected:
  ~StreamSink() = default;
};

// The queue between a service, which may hold it for ever, and the reactor of a call, which lives until Done. One write
// is outstanding at a time, and the call is ended only when none is.
template <typename Message>
class StreamCore final : public StreamWriter<Message> {
 public:
  StreamCore(StreamSink<Message>& sink, std::size_t limit) : limit_(limit), sink_(&sink) {}

  bool Offer(Message message) override {
    const std::lock_guard lock(mutex_);
    return Push(std::move(message));
  }

  bool OfferWithin(Message message, absl::Duration timeout) override {
    std::unique_lock lock(mutex_);
    const auto roomy = [this] { return closing_ || queue_.size() < limit_; };
    return room_.wait_for(lock, absl::ToChronoMicroseconds(timeout), roomy) && Push(std::move(message));
  }

  void Close(absl::Status status) override {
    const std::lock_guard lock(mutex_);
    if (closing_) return;
    closing_ = std::move(status);
    room_.notify_all();
    Pump();
  }

  bool closed() const override {
    const std::lock_guard lock(mutex_);
    return closing_.has_value();
  }

  std::size_t queued() const override {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }

  void OnClosed(std::function<void()> callback) override {
    {
      const std::lock_guard lock(mutex_);
      if (sink_ != nullptr) {
        on_closed_ = std::move(callback);
        return;
      }
    }
    callback();
  }

  // The rest is for the reactor.

  void Written(bool ok) {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!queue_.empty()) queue_.pop_front();
    if (!ok) Drop();
    room_.notify_one();
    Pump();
  }

  // While held the call is not ended, so that the reactor may be used outside of its reactions. False when it has ended
  // already.
  bool Hold() {
    const std::lock_guard lock(mutex_);
    if (ended_) return false;
    ++holds_;
    return true;
  }

  void Release() {
    const std::lock_guard lock(mutex_);
    --holds_;
    Pump();  // the reactor may be gone after this
  }

  void Cancelled() {
    const std::lock_guard lock(mutex_);
    Drop();
    Pump();
  }

  void Done() {
    std::function<void()> callback;
    {
      const std::lock_guard lock(mutex_);
      sink_ = nullptr;
      Drop();
      callback = std::exchange(on_closed_, nullptr);
    }
    if (callback) callback();
  }

 private:
  bool Push(Message message) {
    if (closing_ || queue_.size() >= limit_) return false;
    queue_.push_back(std::move(message));
    Pump();
    return true;
  }

  // The client has gone: what waits has nowhere to go; the message being written is kept until it comes back.
  void Drop() {
    if (!closing_) closing_ = absl::CancelledError("the client has gone");
    while (queue_.size() > (writing_ ? 1U : 0U)) queue_.pop_back();
    room_.notify_all();
  }

  void Pump() {
    if (sink_ == nullptr || writing_ || ended_) return;
    if (!queue_.empty()) {
      writing_ = true;
      sink_->Send(queue_.front());
    } else if (closing_ && holds_ == 0) {
      ended_ = true;
      sink_->End(ToGrpc(*closing_));
    }
  }

  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  // All below guarded by mutex_.
  StreamSink<Message>* sink_;            // null after Done
  std::deque<Message> queue_;            // the front is being written while writing_
  std::optional<absl::Status> closing_;  // set: takes no more, ends with this
  std::function<void()> on_closed_;
  bool writing_ = false;
  bool ended_ = false;
  int holds_ = 0;
};

}  // namespace nara::rpc
