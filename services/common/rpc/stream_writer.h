#pragma once

#include <cstddef>
#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace nara::rpc {

// The sending half of one open stream, held by the service's logic as a shared_ptr for as long as it likes: after the
// client has gone every call is harmless. Any thread. No gRPC in here, so that a test can pass a fake.
template <typename Message>
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;

  // Queues a message; never blocks. False when the queue is full or the stream closed: the caller decides to drop, to
  // merge or to Close.
  virtual bool Offer(Message message) = 0;

  // As Offer, but waits for room. Never on a gRPC thread (in OnClosed, on_message is fine). False after `timeout` or
  // when closed.
  virtual bool OfferWithin(Message message, absl::Duration timeout) = 0;

  // Sends what is queued, then ends the stream with `status`. Only the first call counts.
  virtual void Close(absl::Status status) = 0;

  // True from Close, or from the moment the client has gone or the server stops.
  virtual bool closed() const = 0;

  // Messages that wait.
  virtual std::size_t queued() const = 0;

  // `callback` runs once, after the last message has gone or the client has; at once when that has happened already. It
  // runs on a gRPC thread: short and without waiting. One callback a stream; the second replaces the first.
  virtual void OnClosed(std::function<void()> callback) = 0;
};

}  // namespace nara::rpc
