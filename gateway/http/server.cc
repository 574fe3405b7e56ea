#include "gateway/http/server.h"

#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <list>
#include <set>
#include <thread>

#include "common/time/clock.h"
#include "gateway/http/event_queue.h"
#include "gateway/http/problem.h"

namespace nara::gateway {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
template <typename T>
using Task = asio::awaitable<T>;
constexpr auto use = asio::use_awaitable;

// React Aria writes one style element of its own; this is its hash. Everything else comes from our own files.
constexpr char kPolicy[] =
    "default-src 'self'; style-src 'self' 'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='; frame-ancestors "
    "'none'; base-uri 'none'; "
    "form-action 'self'; object-src 'none'";

// A browser whose stream broke comes back after a second instead of its own three or five.
constexpr char kReconnect[] = "retry: 1000\n\n";
constexpr char kComment[] = ":\n\n";

constexpr std::size_t kFirstPiece = 4096;
constexpr std::size_t kMostDrained = 1024 * 1024;

using Parser = http::request_parser<http::string_body>;
using Message = http::request<http::string_body>;

std::string Text(beast::string_view text) {
  return {text.data(), text.size()};
}

bool Convert(const Message& message, Request& request) {
  request.method = Text(message.method_string());
  for (const auto& field : message) {
    std::string name = Text(field.name_string());
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    request.headers[name] = Text(field.value());
  }
  ParseCookies(request.Header("cookie"), request);
  request.body = message.body();
  return ParseTarget(Text(message.target()), request);
}

template <typename Body>
void SetHeaders(http::response<Body>& out, const Response& response, bool secure) {
  out.set(http::field::content_type, response.content_type);
  out.set(http::field::cache_control, "no-store");
  out.set("x-content-type-options", "nosniff");
  out.set("referrer-policy", "no-referrer");
  out.set("content-security-policy", kPolicy);
  if (secure) out.set("strict-transport-security", "max-age=31536000");
  for (const auto& [name, value] : response.headers) out.set(name, value);
}

void SetOption(tcp::socket& socket, int level, int name, std::int64_t value) {
  const int number = static_cast<int>(value);
  setsockopt(socket.native_handle(), level, name, &number, sizeof number);
}

// The kernel gives up a peer that acknowledges nothing for so long: neither data nor, when none is sent, its probes.
void WatchPeer(tcp::socket& socket, absl::Duration patience) {
  SetOption(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(socket, IPPROTO_TCP, TCP_KEEPIDLE, std::max<std::int64_t>(1, absl::ToInt64Seconds(patience / 2)));
  SetOption(socket, IPPROTO_TCP, TCP_KEEPINTVL, 1);
  SetOption(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, absl::ToInt64Milliseconds(patience));
}

// Files that the process needs beside connections: streams to the services, its own.
constexpr std::size_t kOtherFiles = 128;

// Connections that wait for a request, the longest first. An entry stands there for as long as its Waiting lives.
using WaitingList = std::list<beast::tcp_stream*>;

class Waiting {
 public:
  // The list is shared: a connection that is not done when the server goes ends later.
  Waiting(std::shared_ptr<WaitingList> list, beast::tcp_stream& stream)
      : list_(std::move(list)), place_(list_->insert(list_->end(), &stream)) {}
  ~Waiting() { list_->erase(place_); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  const std::shared_ptr<WaitingList> list_;
  const WaitingList::iterator place_;
};

// Why a request could not be read, as Metrics::Refused names it; "" for a client that went.
std::string WhyUnread(const boost::system::error_code& error) {
  if (error == http::error::header_limit) return "header";
  if (error == http::error::body_limit) return "body";
  if (error == beast::error::timeout) return "slow";
  const bool left = error == http::error::end_of_stream || error == http::error::partial_message;
  return !left && error.category() == http::make_error_code(http::error::bad_method).category() ? "malformed" : "";
}

class BeastServer final : public Server {
 public:
  BeastServer(const Options& options, const Router& router, Metrics& metrics)
      : options_(options),
        router_(router),
        metrics_(metrics),
        most_connections_(MostConnections(options.max_connections)),
        handlers_(options.handler_threads),
        acceptor_(*io_) {}
  ~BeastServer() override { Stop(); }

  absl::Status Listen() {
    try {
      if (secure()) LoadCertificate();
      const tcp::endpoint endpoint(asio::ip::make_address(options_.listen.host), options_.listen.port);
      acceptor_.open(endpoint.protocol());
      acceptor_.set_option(asio::socket_base::reuse_address(true));
      acceptor_.bind(endpoint);
      acceptor_.listen();
    } catch (const boost::system::system_error& error) {
      return absl::UnavailableError("cannot listen on " + options_.listen.ToString() + ": " + error.what());
    }
    asio::co_spawn(*io_, Accept(), asio::detached);
    thread_ = std::jthread([this] { io_->run(); });
    return absl::OkStatus();
  }

  void Stop() override {
    if (stopped_.exchange(true)) return;
    io_->stop();
    if (thread_.joinable()) thread_.join();
    handlers_.join();
    for (const auto& queue : pumped_) Detach(*queue);
  }

  int port() const override { return acceptor_.local_endpoint().port(); }

 private:
  bool secure() const { return !options_.cert.empty(); }

  void LoadCertificate() {
    tls_.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                     asio::ssl::context::no_tlsv1_1);
    tls_.use_certificate_chain_file(options_.cert);
    tls_.use_private_key_file(options_.key, asio::ssl::context::pem);
  }

  Task<void> Accept() {
    for (;;) {
      boost::system::error_code error;
      tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(use, error));
      if (error == asio::error::operation_aborted) co_return;
      if (error) {
        co_await Pause();  // out of descriptors: others must end first
      } else if (connections_ < most_connections_ || co_await MakeRoom()) {
        WatchPeer(socket, options_.patience);
        asio::co_spawn(*io_, Connection(beast::tcp_stream(std::move(socket))), asio::detached);
      }
    }
  }

  // False when every connection is at work.
  Task<bool> MakeRoom() {
    const bool somebody_waits = !waiting_->empty();
    metrics_.Refused(somebody_waits ? "idle" : "full");
    if (!somebody_waits) co_return false;
    waiting_->front()->close();
    co_await asio::post(*io_, use);  // it ends first
    co_return true;
  }

  Task<void> Pause() {
    asio::steady_timer timer(*io_, std::chrono::milliseconds(100));
    co_await timer.async_wait(use);
  }

  Task<void> Connection(beast::tcp_stream plain) {
    metrics_.Connections(++connections_);
    try {
      if (secure()) {
        TlsStream stream(std::move(plain), tls_);
        co_await Handshake(stream);
        co_await Serve(stream);
      } else {
        co_await Serve(plain);
      }
    } catch (const std::exception&) {
      // The client went away or was too slow; what it asked for was answered or not begun.
    }
    metrics_.Connections(--connections_);
  }

  Task<void> Handshake(TlsStream& stream) {
    const Waiting waiting(waiting_, beast::get_lowest_layer(stream));
    ExpireIn(stream, options_.request);
    co_await stream.async_handshake(asio::ssl::stream_base::server, use);
  }

  template <typename Stream>
  static void ExpireIn(Stream& stream, absl::Duration time) {
    beast::get_lowest_layer(stream).expires_after(absl::ToChronoMilliseconds(time));
  }

  template <typename Stream>
  Task<void> Serve(Stream& stream) {
    beast::flat_buffer buffer(options_.max_header + options_.max_body);
    for (bool keep = true; keep;) {
      Parser parser;
      parser.header_limit(options_.max_header);
      parser.body_limit(options_.max_body);
      const boost::system::error_code error = co_await Read(stream, buffer, parser);
      if (error) co_return co_await RefuseUnread(stream, error);
      keep = co_await Answer(stream, parser.get());
    }
  }

  // The time for a request begins with its first byte.
  template <typename Stream>
  Task<boost::system::error_code> Read(Stream& stream, beast::flat_buffer& buffer, Parser& parser) {
    const Waiting waiting(waiting_, beast::get_lowest_layer(stream));
    boost::system::error_code error;
    if (buffer.size() == 0) {
      ExpireIn(stream, options_.idle);
      buffer.commit(co_await stream.async_read_some(buffer.prepare(std::min(kFirstPiece, buffer.max_size())),
                                                    asio::redirect_error(use, error)));
      if (error) co_return http::error::end_of_stream;
    }
    ExpireIn(stream, options_.request);
    co_await http::async_read(stream, buffer, parser, asio::redirect_error(use, error));
    co_return error;
  }

  template <typename Stream>
  Task<void> RefuseUnread(Stream& stream, const boost::system::error_code& error) {
    const std::string why = WhyUnread(error);
    metrics_.Refused(why);
    if (why == "header") co_await Refuse(stream, 431, "the header is larger than this server takes");
    if (why == "body") co_await Refuse(stream, 413, "the body is larger than this server takes");
    if (why == "malformed") co_await Refuse(stream, 400, "this is not HTTP/1.1");
  }

  template <typename Stream>
  Task<void> Refuse(Stream& stream, int status, const char* detail) {
    Response response = Problem(absl::InvalidArgumentError(detail));
    response.status = status;
    co_await Write(stream, response, 11, false, false);
    co_await Drain(beast::get_lowest_layer(stream));
  }

  // Takes what the client still sends, for a while: closing before would reset the connection, and the refusal with it.
  Task<void> Drain(beast::tcp_stream& stream) {
    const Waiting waiting(waiting_, stream);
    boost::system::error_code error;
    stream.socket().shutdown(tcp::socket::shutdown_send, error);
    ExpireIn(stream, options_.patience);
    std::array<char, kFirstPiece> piece;
    for (std::size_t taken = 0; !error && taken < kMostDrained;) {
      taken += co_await stream.async_read_some(asio::buffer(piece), asio::redirect_error(use, error));
    }
  }

  // True when the connection may take another request.
  template <typename Stream>
  Task<bool> Answer(Stream& stream, const Message& message) {
    Request request;
    if (!Convert(message, request) || (!secure() && !IsLoopbackHostHeader(request.Header("host")))) {
      metrics_.Refused("host");
      co_await Refuse(stream, 400, "the request target or the Host header is not one of this server");
      co_return false;
    }
    const absl::Duration began = SystemClock::Instance().Monotonic();
    const Response response = co_await Handle(request);
    metrics_.Answered(response.route, response.status, SystemClock::Instance().Monotonic() - began);
    if (response.events) {
      co_await SendEvents(stream, response);
      co_return false;
    }
    const bool keep = message.keep_alive();
    co_await Write(stream, response, message.version(), keep, message.method() == http::verb::head);
    co_return keep;
  }

  // Runs the handler on the pool; the connection goes on in its own thread.
  Task<Response> Handle(const Request& request) {
    const auto run = [](const Router& router, const Request& asked) -> Task<Response> {
      co_return router.Handle(asked);
    };
    co_return co_await asio::co_spawn(handlers_, run(router_, request), use);
  }

  template <typename Stream>
  Task<void> Write(Stream& stream, const Response& response, unsigned version, bool keep, bool head) {
    http::response<http::string_body> out(static_cast<http::status>(response.status), version);
    SetHeaders(out, response, secure());
    out.keep_alive(keep);
    out.body() = response.Body();
    out.prepare_payload();
    if (head) out.body().clear();
    ExpireIn(stream, options_.idle);
    co_await http::async_write(stream, out, use);
  }

  // A queue that is handed to the server is closed when its browser has gone, however that comes about.
  template <typename Stream>
  Task<void> SendEvents(Stream& stream, const Response& response) {
    using asio::experimental::awaitable_operators::operator||;
    pumped_.insert(response.events);
    metrics_.EventStreams(pumped_.size());
    try {
      co_await WriteEventHeader(stream, response);
      co_await (UntilGone(stream) || Pump(stream, *response.events));
    } catch (const boost::system::system_error&) {
      // The browser has gone.
    }
    pumped_.erase(response.events);
    metrics_.EventStreams(pumped_.size());
    Detach(*response.events);
  }

  template <typename Stream>
  Task<void> WriteEventHeader(Stream& stream, const Response& response) {
    http::response<http::empty_body> header(http::status::ok, 11);
    SetHeaders(header, response, secure());
    header.set("x-accel-buffering", "no");
    header.keep_alive(false);
    header.chunked(true);
    http::response_serializer<http::empty_body> serializer(header);
    ExpireIn(stream, options_.patience);
    co_await http::async_write_header(stream, serializer, use);
  }

  // A browser sends nothing more on an event stream: what can be read is its end.
  template <typename Stream>
  static Task<void> UntilGone(Stream& stream) {
    std::array<char, 1> byte;
    boost::system::error_code end;
    beast::get_lowest_layer(stream).expires_never();
    co_await stream.async_read_some(asio::buffer(byte), asio::redirect_error(use, end));
  }

  // Writes events, and a comment when none came for a while, until the queue is closed or the browser takes no more.
  template <typename Stream>
  Task<void> Pump(Stream& stream, EventQueue& queue) {
    // Who pushes may be in the middle of it when this server goes: what it wakes owns all that it touches.
    auto timer = std::make_shared<asio::steady_timer>(*io_);
    queue.OnReady([io = io_, timer] { asio::post(*io, [timer] { timer->cancel(); }); });
    try {
      co_await WriteChunk(stream, kReconnect);
      while (!queue.closed()) {
        timer->expires_after(absl::ToChronoMilliseconds(options_.ping));
        std::string events = queue.TakeAll();
        if (events.empty()) {
          boost::system::error_code woken;
          co_await timer->async_wait(asio::redirect_error(use, woken));
          if (woken) continue;
          events = kComment;
        }
        co_await WriteChunk(stream, events);
      }
      ExpireIn(stream, options_.patience);
      co_await asio::async_write(stream, http::make_chunk_last(), use);
    } catch (const boost::system::system_error&) {
      // The browser has gone.
    }
  }

  template <typename Stream>
  Task<void> WriteChunk(Stream& stream, const std::string& text) {
    ExpireIn(stream, options_.patience);
    co_await asio::async_write(stream, http::make_chunk(asio::buffer(text)), use);
  }

  static void Detach(EventQueue& queue) {
    queue.OnReady({});
    queue.Close();
  }

  const Options options_;
  const Router& router_;
  Metrics& metrics_;
  const std::size_t most_connections_;
  std::atomic<bool> stopped_ = false;
  // Of the connections' thread.
  std::size_t connections_ = 0;
  const std::shared_ptr<WaitingList> waiting_ = std::make_shared<WaitingList>();
  asio::ssl::context tls_{asio::ssl::context::tls_server};
  const std::shared_ptr<asio::io_context> io_ = std::make_shared<asio::io_context>(1);
  asio::thread_pool handlers_;
  tcp::acceptor acceptor_;
  std::set<std::shared_ptr<EventQueue>> pumped_;  // of the connections' thread, and of Stop once that has ended
  std::jthread thread_;                           // last: runs io_, which uses everything above
};

}  // namespace

std::size_t MostConnections(std::size_t wanted) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  const std::size_t allowed = files.rlim_cur;
  return std::min(wanted, allowed > 2 * kOtherFiles ? allowed - kOtherFiles : allowed / 2);
}

bool IsLoopback(const std::string& host) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  return host == "localhost" || (!error && address.is_loopback());
}

bool IsLoopbackHostHeader(const std::string& host) {
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.find(':', bracket == host.npos ? 0 : bracket);
  std::string name = host.substr(0, colon);
  if (name.starts_with('[')) name = name.substr(1, name.size() - 2);
  return IsLoopback(name);
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options, const Router& router, Metrics& metrics) {
  if (options.cert.empty() && !IsLoopback(options.listen.host)) {
    return absl::InvalidArgumentError("plain HTTP is for loopback only: give http.cert and http.key to listen on " +
                                      options.listen.ToString());
  }
  auto server = std::make_unique<BeastServer>(options, router, metrics);
  if (const absl::Status status = server->Listen(); !status.ok()) return status;
  return server;
}

}  // namespace nara::gateway
