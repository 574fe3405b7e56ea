#include "gateway/http/connection.h"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "common/log/log.h"
#include "common/time/clock.h"
#include "gateway/http/event_pump.h"
#include "gateway/http/problem.h"

namespace nara::gateway {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Doing = Seats::Doing;
using Parser = http::request_parser<http::string_body>;
using Answer = http::response<http::span_body<const char>>;

constexpr std::size_t kFirstPiece = 4096;
constexpr std::size_t kMostDrained = 1024 * 1024;

// While it lives, closing the connection drops what the kernel still holds for its client.
class Abrupt {
 public:
  explicit Abrupt(beast::tcp_stream& stream) : stream_(stream) { Set(true); }
  ~Abrupt() { Set(false); }
  Abrupt(const Abrupt&) = delete;
  Abrupt& operator=(const Abrupt&) = delete;

 private:
  void Set(bool on) {
    error_code closed;
    stream_.socket().set_option(asio::socket_base::linger(on, 0), closed);
  }

  beast::tcp_stream& stream_;
};

// The requests of one client, one after the other.
template <typename Stream>
class Exchange {
 public:
  Exchange(Stream& stream, Seats::Seat& seat, const Surroundings& around)
      : stream_(stream),
        seat_(seat),
        around_(around),
        options_(around.options),
        buffer_(options_.max_header + options_.max_body) {}

  Task<void> Run() {
    for (bool keep = true; keep && !seat_.closed();) {
      Parser parser;
      parser.header_limit(options_.max_header);
      parser.body_limit(options_.max_body);
      seat_.Now(Doing::kWaiting);
      const error_code error = co_await Read(parser);
      seat_.Now(Doing::kWorking);
      if (error) co_return co_await RefuseUnread(error);
      keep = co_await Reply(parser.get());
    }
  }

 private:
  // The time for a request begins with its first byte.
  Task<error_code> Read(Parser& parser) {
    error_code error;
    if (buffer_.size() == 0) {
      ExpireIn(stream_, options_.idle);
      buffer_.commit(co_await stream_.async_read_some(buffer_.prepare(std::min(kFirstPiece, buffer_.max_size())),
                                                      asio::redirect_error(kUse, error)));
      if (error) co_return http::error::end_of_stream;
    }
    ExpireIn(stream_, options_.request);
    co_await http::async_read(stream_, buffer_, parser, asio::redirect_error(kUse, error));
    co_return error;
  }

  Task<void> RefuseUnread(const error_code& error) {
    const auto malformed = http::make_error_code(http::error::bad_method);
    if (error == beast::error::timeout) {
      around_.metrics.RefusedSlow();
    } else if (error == http::error::header_limit) {
      around_.metrics.RefusedHeader();
      co_await Refuse(431, "the header is larger than this server takes");
    } else if (error == http::error::body_limit) {
      around_.metrics.RefusedBody();
      co_await Refuse(413, "the body is larger than this server takes");
    } else if (error.category() == malformed.category() && !HasLeft(error)) {
      around_.metrics.RefusedMalformed();
      co_await Refuse(400, "this is not HTTP/1.1");
    }
  }

  static bool HasLeft(const error_code& error) {
    return error == http::error::end_of_stream || error == http::error::partial_message;
  }

  Task<void> Refuse(int status, const char* detail) {
    Response response = Problem(absl::InvalidArgumentError(detail));
    response.status = status;
    if (co_await Write(response, 11, false, false)) co_await Drain(beast::get_lowest_layer(stream_));
  }

  // Takes what the client still sends, for a while: closing before would reset the connection, and the refusal with it.
  Task<void> Drain(beast::tcp_stream& stream) {
    seat_.Now(Doing::kWaiting);
    error_code error;
    stream.socket().shutdown(tcp::socket::shutdown_send, error);
    ExpireIn(stream, options_.patience);
    std::array<char, kFirstPiece> piece;
    for (std::size_t taken = 0; !error && taken < kMostDrained;) {
      taken += co_await stream.async_read_some(asio::buffer(piece), asio::redirect_error(kUse, error));
    }
  }

  // True when the connection may take another request.
  Task<bool> Reply(const Message& message) {
    Request request;
    request.address = CountedAddress(beast::get_lowest_layer(stream_).socket());
    if (!Convert(message, request) || (!secure() && !IsLoopbackHostHeader(request.Header("host")))) {
      around_.metrics.RefusedHost();
      co_await Refuse(400, "the request target or the Host header is not one of this server");
      co_return false;
    }
    const absl::Duration began = SystemClock::Instance().Monotonic();
    const Response response = co_await Handle(request);
    around_.metrics.Answered(response.route, response.status, SystemClock::Instance().Monotonic() - began);
    if (response.events) {
      EventPump pump(stream_, response.events, options_, around_.metrics, around_.io);
      co_await pump.Run(response);
      co_return false;
    }
    const bool keep = message.keep_alive();
    const bool written = co_await Write(response, message.version(), keep, message.method() == http::verb::head);
    co_return written&& keep;
  }

  // Runs the handler on the pool; the connection goes on in its own thread.
  Task<Response> Handle(const Request& request) {
    const auto run = [](const Router& router, const Request& asked) -> Task<Response> {
      co_return router.Handle(asked);
    };
    co_return co_await asio::co_spawn(around_.handlers, run(around_.router, request), kUse);
  }

  // False when the client has gone or was cut off.
  Task<bool> Write(const Response& response, unsigned version, bool keep, bool head) {
    const std::string& body = response.Body();
    Answer answer(static_cast<http::status>(response.status), version);
    SetHeaders(answer, response, secure());
    answer.keep_alive(keep);
    answer.body() = {body.data(), body.size()};
    answer.prepare_payload();
    if (head) answer.body() = {};
    seat_.Now(Doing::kTaking);
    const error_code error = co_await WriteWhileTaken(answer);
    seat_.Now(Doing::kWorking);
    // The kernel's own patience ends first when nothing at all is taken.
    if (error == beast::error::timeout || error == asio::error::timed_out) around_.metrics.ClosedSlowReader();
    co_return !error;
  }

  // The header goes apart: TLS would copy a body to join it.
  Task<error_code> WriteWhileTaken(Answer& answer) {
    const Abrupt abrupt(beast::get_lowest_layer(stream_));
    http::response_serializer<Answer::body_type> serializer(answer);
    serializer.split(true);
    error_code error;
    for (std::size_t taken = options_.least_taken; !error && !serializer.is_done();) {
      if (taken >= options_.least_taken) {
        ExpireIn(stream_, options_.take);
        taken = 0;
      }
      taken += co_await http::async_write_some(stream_, serializer, asio::redirect_error(kUse, error));
    }
    co_return error;
  }

  bool secure() const { return !options_.cert.empty(); }

  Stream& stream_;
  Seats::Seat& seat_;
  const Surroundings& around_;
  const Server::Options& options_;
  beast::flat_buffer buffer_;
};

template <typename Stream>
Task<void> Serve(Stream& stream, Seats::Seat& seat, const Surroundings& around) {
  Exchange<Stream> exchange(stream, seat, around);
  co_await exchange.Run();
}

Task<void> ServeTls(beast::tcp_stream& plain, Seats::Seat& seat, asio::ssl::context& tls, const Surroundings& around) {
  seat.Now(Doing::kWaiting);
  TlsStream stream(std::move(plain), tls);
  seat.OnClose([&stream] { beast::get_lowest_layer(stream).close(); });
  ExpireIn(stream, around.options.request);
  error_code error;
  co_await stream.async_handshake(asio::ssl::stream_base::server, asio::redirect_error(kUse, error));
  if (!error) co_await Serve(stream, seat, around);
}

}  // namespace

Task<void> ServeConnection(tcp::socket socket, std::unique_ptr<Seats::Seat> given,
                           std::shared_ptr<asio::ssl::context> tls, const Surroundings& around) {
  const std::unique_ptr<Seats::Seat> seat = std::move(given);  // ends after the stream that it closes
  try {
    beast::tcp_stream stream(std::move(socket));
    if (tls) {
      co_await ServeTls(stream, *seat, *tls, around);
    } else {
      seat->OnClose([&stream] { stream.close(); });
      co_await Serve(stream, *seat, around);
    }
  } catch (const std::exception& error) {
    log::Error("http", "a connection failed", {{"reason", error.what()}});
    around.metrics.ConnectionFailed();
  }
}

}  // namespace nara::gateway
