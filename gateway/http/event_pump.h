#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "gateway/http/event_queue.h"
#include "gateway/http/wire.h"
#include "gateway/metrics.h"

namespace nara::gateway {

// Sends the events of a response to its browser until the queue is closed, the browser is gone or takes no more. The
// queue is closed afterwards, however that came about. Of the connections' thread; all must outlive it.
template <typename Stream>
class EventPump {
 public:
  EventPump(Stream& stream, std::shared_ptr<EventQueue> queue, const Server::Options& options, Metrics& metrics,
            std::shared_ptr<boost::asio::io_context> io);
  ~EventPump();
  EventPump(const EventPump&) = delete;
  EventPump& operator=(const EventPump&) = delete;

  Task<void> Run(const Response& response);

 private:
  // Both false when the browser has gone.
  Task<bool> WriteHeader(const Response& response);
  Task<bool> WriteChunk(const std::string& text);
  Task<void> UntilGone();
  Task<void> Pump();
  Task<std::string> Next();

  Stream& stream_;
  const std::shared_ptr<EventQueue> queue_;
  const Server::Options& options_;
  Metrics& metrics_;
  const std::shared_ptr<boost::asio::steady_timer> timer_;
};

extern template class EventPump<PlainStream>;
extern template class EventPump<TlsStream>;

}  // namespace nara::gateway
