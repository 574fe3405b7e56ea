#include "common/metrics/listener.h"

#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"

namespace nara::metrics {
namespace {

constexpr std::size_t kLongestHead = 8192;
constexpr timeval kPatience = {1, 0};
constexpr int kThreads = 2;  // one slow client does not hide the process

int Bind(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, address.ai_addr, address.ai_addrlen) == 0 && listen(fd, 16) == 0) return fd;
  close(fd);
  return -1;
}

int Listen(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return -1;
  const int fd = Bind(*found);
  freeaddrinfo(found);
  return fd;
}

// "" when no whole head came in time.
std::string ReadHead(int connection) {
  std::string head;
  std::array<char, 1024> buffer;
  while (head.size() < kLongestHead) {
    const ssize_t size = recv(connection, buffer.data(), buffer.size(), 0);
    if (size <= 0) return "";
    head.append(buffer.data(), static_cast<std::size_t>(size));
    if (head.find("\r\n\r\n") != std::string::npos) return head;
  }
  return "";
}

// "/metrics" of "GET /metrics?x=1 HTTP/1.1".
std::string TargetOf(const std::string& head) {
  const std::size_t start = head.find(' ') + 1;
  return head.substr(start, head.find_first_of("? \r", start) - start);
}

void WriteAll(int connection, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (size <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Start(const std::string& host, int port, AnswerFunction answer) {
  const int fd = Listen(host, port);
  if (fd < 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", host, ":", port, " for metrics; is it taken?"));
  }
  return std::unique_ptr<Listener>(new Listener(fd, eventfd(0, EFD_CLOEXEC), std::move(answer)));
}

Listener::Listener(int socket, int stop_event, AnswerFunction answer)
    : socket_(socket), stop_event_(stop_event), answer_(std::move(answer)) {
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Run(); });
}

Listener::~Listener() {
  eventfd_write(stop_event_, 1);
  threads_.clear();
  close(stop_event_);
  close(socket_);
}

int Listener::port() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
  std::array<char, 8> port{};
  getnameinfo(reinterpret_cast<sockaddr*>(&address), size, nullptr, 0, port.data(), port.size(), NI_NUMERICSERV);
  return std::atoi(port.data());
}

void Listener::Run() const {
  std::array<pollfd, 2> waits = {pollfd{socket_, POLLIN, 0}, pollfd{stop_event_, POLLIN, 0}};
  while (true) {
    poll(waits.data(), waits.size(), -1);
    if (waits[1].revents != 0) return;
    const int connection = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) Serve(connection);
  }
}

void Listener::Serve(int connection) const {
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  const std::string head = ReadHead(connection);
  if (!head.empty()) WriteAll(connection, answer_(TargetOf(head)));
  close(connection);
}

}  // namespace nara::metrics
