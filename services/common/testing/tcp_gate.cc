#include "common/testing/tcp_gate.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <list>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "common/testing/dial.h"
#include "common/testing/temp_dir.h"

namespace nara::testing {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;

// What the test asked for.
struct Behaviour {
  bool refuse = false;
  bool stall = false;
};

// A socket that closes itself.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) { fcntl(fd_, F_SETFL, O_NONBLOCK); }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }
  // Makes the close a reset.
  void Abort() const {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
  }

 private:
  const int fd_;
};

// One direction of a connection.
class Flow {
 public:
  Flow(const Socket& from, const Socket& to) : from_(from), to_(to) {}

  // Passes what it can; false when this direction has ended.
  bool Step() {
    Read();
    return Write() && !(ended_ && held_.empty());
  }
  bool wants_read() const { return !ended_ && held_.size() < kBuffer; }
  bool waiting() const { return !held_.empty(); }

 private:
  void Read() {
    std::array<char, 16 * 1024> bytes{};
    while (wants_read()) {
      const ssize_t got = recv(from_.fd(), bytes.data(), bytes.size(), 0);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (got <= 0) {
        ended_ = true;
        return;
      }
      held_.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }

  bool Write() {
    while (!held_.empty()) {
      const ssize_t sent = send(to_.fd(), held_.data(), held_.size(), MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      held_.erase(0, static_cast<std::size_t>(sent));
    }
    return true;
  }

  const Socket& from_;
  const Socket& to_;
  std::string held_;
  bool ended_ = false;
};

struct Link {
  Link(int client_fd, int server_fd) : client(client_fd), server(server_fd), up(client, server), down(server, client) {}

  Socket client;
  Socket server;
  Flow up;
  Flow down;
};

}  // namespace

class TcpGate::Impl {
 public:
  explicit Impl(std::string target) : target_(std::move(target)) {}
  ~Impl() {
    thread_.request_stop();
    Wake();
    if (thread_.joinable()) thread_.join();
    close(wake_);
    if (listener_ >= 0) close(listener_);
  }

  absl::Status Open() {
    const bool is_unix = target_.starts_with("unix:");
    address_ = is_unix ? "unix:" + dir_.File("gate.sock") : "127.0.0.1:0";
    listener_ = Listen(address_);
    if (listener_ < 0) return absl::UnavailableError("the gate cannot listen on " + address_);
    port_ = PortOf(listener_);
    if (!is_unix) address_ = "127.0.0.1:" + std::to_string(port_);
    fcntl(listener_, F_SETFL, O_NONBLOCK);
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
    return absl::OkStatus();
  }

  template <typename Change>
  void Set(Change change) {
    {
      const std::lock_guard lock(mutex_);
      change(behaviour_);
    }
    Wake();
  }

  void Cut() {
    const std::lock_guard lock(mutex_);
    for (const Link& link : links_) link.client.Abort();
    links_.clear();
  }

  const std::string& address() const { return address_; }
  int port() const { return port_; }

 private:
  void Wake() const { eventfd_write(wake_, 1); }

  void Accept() {
    while (true) {
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) return;
      const int server = behaviour_.refuse ? -1 : Dial(target_);
      if (server < 0) {
        close(client);
        continue;
      }
      links_.emplace_back(client, server);
    }
  }

  void StepAll() {
    if (behaviour_.stall) return;
    links_.remove_if([](Link& link) {
      const bool up = link.up.Step();
      const bool down = link.down.Step();
      return !up || !down;
    });
  }

  std::vector<pollfd> Interests() const {
    std::vector<pollfd> fds = {{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    if (behaviour_.stall) return fds;
    for (const Link& link : links_) {
      if (link.up.wants_read()) fds.push_back({link.client.fd(), POLLIN, 0});
      if (link.down.wants_read()) fds.push_back({link.server.fd(), POLLIN, 0});
    }
    return fds;
  }

  // Something is held for later, since a socket is full: look again soon.
  bool Hurried() const {
    if (behaviour_.stall) return false;
    for (const Link& link : links_) {
      if (link.up.waiting() || link.down.waiting()) return true;
    }
    return false;
  }

  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::vector<pollfd> fds;
      bool hurried = false;
      {
        const std::lock_guard lock(mutex_);
        Accept();
        StepAll();
        fds = Interests();
        hurried = Hurried();
      }
      poll(fds.data(), fds.size(), hurried ? 1 : 200);
      eventfd_t ignored = 0;
      if (fds[0].revents != 0) eventfd_read(wake_, &ignored);
    }
  }

  const TempDir dir_;
  const std::string target_;
  std::string address_;
  int port_ = 0;
  int listener_ = -1;
  const int wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Behaviour behaviour_;
  std::list<Link> links_;

  std::jthread thread_;  // last: it uses all of the above
};

TcpGate::TcpGate(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

TcpGate::~TcpGate() = default;

absl::StatusOr<std::unique_ptr<TcpGate>> TcpGate::Start(std::string target) {
  auto impl = std::make_unique<Impl>(std::move(target));
  if (absl::Status status = impl->Open(); !status.ok()) return status;
  return std::unique_ptr<TcpGate>(new TcpGate(std::move(impl)));
}

const std::string& TcpGate::address() const {
  return impl_->address();
}
int TcpGate::port() const {
  return impl_->port();
}

void TcpGate::Refuse(bool refuse) {
  impl_->Set([=](Behaviour& behaviour) { behaviour.refuse = refuse; });
}

void TcpGate::Stall(bool stall) {
  impl_->Set([=](Behaviour& behaviour) { behaviour.stall = stall; });
}

void TcpGate::Cut() {
  impl_->Cut();
}

}  // namespace nara::testing
