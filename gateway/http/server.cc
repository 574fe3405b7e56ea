#include "gateway/http/server.h"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>
#include <thread>

#include "common/time/clock.h"
#include "gateway/http/certificate.h"
#include "gateway/http/connection.h"
#include "gateway/http/seats.h"
#include "gateway/http/wire.h"

namespace nara::gateway {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Files that the process needs beside connections: streams to the services, its own.
constexpr std::size_t kOtherFiles = 128;

// What nobody caught ends the process: a gateway that accepts nobody any more would look well.
void Rethrow(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

Seats::Limits LimitsOf(const Server::Options& options) {
  return {.most = MostConnections(options.max_connections),
          .most_of_address = options.max_connections_of_address,
          .patience = options.patience};
}

class BeastServer final : public Server {
 public:
  BeastServer(const Options& options, const Router& router, Metrics& metrics)
      : options_(options),
        certificate_(options.cert, options.key, options.certificate_interval, SystemClock::Instance()),
        seats_(LimitsOf(options), metrics, SystemClock::Instance()),
        handlers_(options.handler_threads),
        surroundings_{options_, router, metrics, io_, handlers_},
        acceptor_(*io_) {}
  ~BeastServer() override { Stop(); }

  absl::Status Listen() {
    if (secure()) {
      if (absl::Status status = certificate_.Load(); !status.ok()) return status;
    }
    try {
      const tcp::endpoint endpoint(asio::ip::make_address(options_.listen.host), options_.listen.port);
      acceptor_.open(endpoint.protocol());
      acceptor_.set_option(asio::socket_base::reuse_address(true));
      acceptor_.bind(endpoint);
      acceptor_.listen();
      port_ = acceptor_.local_endpoint().port();
    } catch (const boost::system::system_error& error) {
      return absl::UnavailableError("cannot listen on " + options_.listen.ToString() + ": " + error.what());
    }
    asio::co_spawn(*io_, Accept(), Rethrow);
    thread_ = std::jthread([this] { Run(); });
    return absl::OkStatus();
  }

  void Stop() override {
    if (!thread_.joinable()) return;
    io_->stop();
    thread_.join();
    handlers_.join();
  }

  int port() const override { return port_; }

 private:
  bool secure() const { return !options_.cert.empty(); }

  // Until Stop, and then until the last connection has ended.
  void Run() {
    io_->run();
    boost::system::error_code closed;
    acceptor_.close(closed);
    seats_.CloseAll();
    io_->restart();
    io_->run();
  }

  Task<void> Accept() {
    while (acceptor_.is_open()) {
      boost::system::error_code error;
      tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(kUse, error));
      if (error == asio::error::operation_aborted) co_return;
      if (error) {
        co_await Pause();  // out of descriptors: others must end first
      } else if (auto seat = seats_.Take(CountedAddress(socket))) {
        Prepare(socket, options_);
        asio::co_spawn(*io_,
                       ServeConnection(std::move(socket), std::move(seat),
                                       secure() ? certificate_.ForHandshake() : nullptr, surroundings_),
                       Rethrow);
      }
    }
  }

  Task<void> Pause() {
    asio::steady_timer timer(*io_, std::chrono::milliseconds(100));
    co_await timer.async_wait(kUse);
  }

  const Options options_;
  int port_ = 0;
  // Of the connections' thread.
  Certificate certificate_;
  Seats seats_;
  const std::shared_ptr<asio::io_context> io_ = std::make_shared<asio::io_context>(1);
  asio::thread_pool handlers_;
  const Surroundings surroundings_;
  tcp::acceptor acceptor_;
  std::jthread thread_;  // last: runs io_, which uses everything above
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
