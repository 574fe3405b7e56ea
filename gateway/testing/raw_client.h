#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace nara::gateway::testing {

// A client that sends bytes as they are.
class RawClient {
 public:
  // With a `window` it takes so many bytes ahead and no more.
  explicit RawClient(int port, int window = 0) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    if (window > 0) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval timeout{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~RawClient() { close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  int socket_number() const { return socket_; }

  void Send(const std::string& bytes) {
    EXPECT_EQ(send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), ssize_t(bytes.size()));
  }

  // From now on its machine answers nothing, as when the power has gone: what comes in is dropped below TCP.
  void Die() {
    sock_filter drop = {BPF_RET | BPF_K, 0, 0, 0};
    const sock_fprog program = {1, &drop};
    EXPECT_EQ(setsockopt(socket_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
  }

  // What has come, at most so many bytes; waits for the first.
  std::string Read(std::size_t most) {
    std::string text(most, '\0');
    text.resize(std::max<ssize_t>(0, recv(socket_, text.data(), most, 0)));
    return text;
  }

  // Until `end` has come, or the server closed.
  std::string ReadUntil(const std::string& end) {
    std::string text;
    char buffer[4096];
    while (end.empty() || text.find(end) == text.npos) {
      const ssize_t n = recv(socket_, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      text.append(buffer, n);
    }
    return text;
  }

 private:
  int socket_;
};

}  // namespace nara::gateway::testing
