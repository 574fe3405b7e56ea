#include "tools/load/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "tools/platform/json.h"

namespace nara::load {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

absl::Status Failed(const std::string& what) {
  return absl::UnavailableError(what + ": " + std::strerror(errno));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Endpoint& endpoint) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return Failed("socket");
  std::unique_ptr<Connection> connection(new Connection(fd));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(endpoint.port));
  if (inet_pton(AF_INET, endpoint.host.c_str(), &address.sin_addr) != 1) {
    return absl::InvalidArgumentError(endpoint.host + " is no IPv4 address");
  }
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return Failed("connect");
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!endpoint.ca.empty()) {
    if (absl::Status status = connection->StartTls(endpoint); !status.ok()) return status;
  }
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return connection;
}

Connection::~Connection() {
  close(fd_);
}

absl::Status Connection::StartTls(const Endpoint& endpoint) {
  const absl::StatusOr<std::string> certificate = tools::ReadFile(endpoint.cert);
  if (!certificate.ok()) return certificate.status();
  const absl::StatusOr<std::string> key = tools::ReadFile(endpoint.key);
  if (!key.ok()) return key.status();
  auto identity = device_client::ParseIdentity({.certificate_pem = *certificate, .key_pem = *key});
  if (!identity.ok()) return identity.status();
  auto context = device_client::TlsContext::Make(endpoint.ca, endpoint.host);
  if (!context.ok()) return context.status();
  identity_ = *std::move(identity);
  context_ = *std::move(context);
  context_->Present(&identity_);
  tls_.reset(SSL_new(context_->get()));
  SSL_set_fd(tls_.get(), fd_);
  return SSL_connect(tls_.get()) == 1 ? absl::OkStatus() : absl::UnavailableError("the TLS handshake failed");
}

int Connection::Send(const char* data, std::size_t size) {
  if (tls_) {
    const int sent = SSL_write(tls_.get(), data, static_cast<int>(size));
    if (sent > 0) return sent;
    return SSL_get_error(tls_.get(), sent) == SSL_ERROR_WANT_WRITE ? 0 : -1;
  }
  const ssize_t sent = send(fd_, data, size, MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<int>(sent);
  return errno == EAGAIN ? 0 : -1;
}

int Connection::Receive(char* data, std::size_t size) {
  if (tls_) {
    const int got = SSL_read(tls_.get(), data, static_cast<int>(size));
    if (got > 0) return got;
    return SSL_get_error(tls_.get(), got) == SSL_ERROR_WANT_READ ? 0 : -1;
  }
  const ssize_t got = recv(fd_, data, size, 0);
  if (got > 0) return static_cast<int>(got);
  return got < 0 && errno == EAGAIN ? 0 : -1;
}

absl::Status Connection::Flush() {
  while (sent_ < out_.size()) {
    const int sent = Send(out_.data() + sent_, out_.size() - sent_);
    if (sent < 0) return absl::UnavailableError("the server hung up");
    blocked_ = sent == 0;
    if (blocked_) return absl::OkStatus();
    sent_ += static_cast<std::size_t>(sent);
  }
  out_.clear();
  sent_ = 0;
  blocked_ = false;
  return absl::OkStatus();
}

absl::Status Connection::Read(const std::function<void(const Packet&)>& take) {
  std::array<char, kReadBytes> buffer;
  int got = 0;
  do {
    got = Receive(buffer.data(), buffer.size());
    if (got < 0) return absl::UnavailableError("the server hung up");
    in_.append(buffer.data(), static_cast<std::size_t>(got));
    std::string_view rest = in_;
    while (const std::optional<Packet> packet = TakePacket(rest)) take(*packet);
    in_.erase(0, in_.size() - rest.size());
  } while (tls_ ? got > 0 : got == static_cast<int>(buffer.size()));
  return absl::OkStatus();
}

}  // namespace nara::load
