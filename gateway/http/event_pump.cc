#include "gateway/http/event_pump.h"

#include <array>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>

namespace nara::gateway {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

// A browser whose stream broke comes back after a second instead of its own three or five.
constexpr char kReconnect[] = "retry: 1000\n\n";
constexpr char kComment[] = ":\n\n";

}  // namespace

// Who pushes may be in the middle of it when the server goes: what it wakes owns all that it touches.
template <typename Stream>
EventPump<Stream>::EventPump(Stream& stream, std::shared_ptr<EventQueue> queue, const Server::Options& options,
                             Metrics& metrics, std::shared_ptr<asio::io_context> io)
    : stream_(stream),
      queue_(std::move(queue)),
      options_(options),
      metrics_(metrics),
      timer_(std::make_shared<asio::steady_timer>(*io)) {
  metrics_.EventStreamBegan();
  queue_->OnReady([io = std::move(io), timer = timer_] { asio::post(*io, [timer] { timer->cancel(); }); });
}

template <typename Stream>
EventPump<Stream>::~EventPump() {
  queue_->OnReady({});
  queue_->Close();
  metrics_.EventStreamEnded();
}

template <typename Stream>
Task<void> EventPump<Stream>::Run(const Response& response) {
  using asio::experimental::awaitable_operators::operator||;
  if (co_await WriteHeader(response)) co_await (UntilGone() || Pump());
}

template <typename Stream>
Task<bool> EventPump<Stream>::WriteHeader(const Response& response) {
  http::response<http::empty_body> header(http::status::ok, 11);
  SetHeaders(header, response, !options_.cert.empty());
  header.set("x-accel-buffering", "no");
  header.keep_alive(false);
  header.chunked(true);
  http::response_serializer<http::empty_body> serializer(header);
  ExpireIn(stream_, options_.patience);
  boost::system::error_code error;
  co_await http::async_write_header(stream_, serializer, asio::redirect_error(kUse, error));
  co_return !error;
}

// A browser sends nothing more on an event stream: what can be read is its end.
template <typename Stream>
Task<void> EventPump<Stream>::UntilGone() {
  std::array<char, 1> byte;
  boost::system::error_code end;
  beast::get_lowest_layer(stream_).expires_never();
  co_await stream_.async_read_some(asio::buffer(byte), asio::redirect_error(kUse, end));
}

template <typename Stream>
Task<void> EventPump<Stream>::Pump() {
  bool there = co_await WriteChunk(kReconnect);
  while (there && !queue_->closed()) {
    const std::string events = co_await Next();
    if (!events.empty()) there = co_await WriteChunk(events);
  }
  if (!there) co_return;
  ExpireIn(stream_, options_.patience);
  boost::system::error_code error;
  co_await asio::async_write(stream_, http::make_chunk_last(), asio::redirect_error(kUse, error));
}

// What waits; "" when something has come meanwhile, a comment when nothing came for a while.
template <typename Stream>
Task<std::string> EventPump<Stream>::Next() {
  timer_->expires_after(absl::ToChronoMilliseconds(options_.ping));
  std::string events = queue_->TakeAll();
  if (!events.empty()) co_return events;
  boost::system::error_code woken;
  co_await timer_->async_wait(asio::redirect_error(kUse, woken));
  co_return woken ? std::string() : std::string(kComment);
}

template <typename Stream>
Task<bool> EventPump<Stream>::WriteChunk(const std::string& text) {
  ExpireIn(stream_, options_.patience);
  boost::system::error_code error;
  co_await asio::async_write(stream_, http::make_chunk(asio::buffer(text)), asio::redirect_error(kUse, error));
  co_return !error;
}

template class EventPump<PlainStream>;
template class EventPump<TlsStream>;

}  // namespace nara::gateway
