#include "common/metrics/endpoint.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace nara::metrics {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

int Connected(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return fd;
}

std::string HttpGet(int port, const std::string& path) {
  const int fd = Connected(port);
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
  send(fd, request.data(), request.size(), MSG_NOSIGNAL);
  std::string answer;
  char buffer[4096];
  for (ssize_t n = 0; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;) answer.append(buffer, static_cast<std::size_t>(n));
  close(fd);
  return answer;
}

TEST(Endpoint, ServesMetricsAndHealthOnAFreePort) {
  Registry registry;
  registry.AddCounter("nara_test_total", "Tests.");
  absl::Status ready = absl::UnavailableError("starting");
  auto endpoint = Endpoint::Start({.ready = [&ready] { return ready; }}, registry);
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  const int port = (*endpoint)->port();
  EXPECT_THAT(HttpGet(port, "/metrics"), HasSubstr("nara_test_total 0"));
  EXPECT_THAT(HttpGet(port, "/livez"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(HttpGet(port, "/readyz"), HasSubstr("starting"));
  EXPECT_THAT(HttpGet(port, "/readyz"), StartsWith("HTTP/1.1 503"));
  ready = absl::OkStatus();
  EXPECT_THAT(HttpGet(port, "/readyz?verbose=1"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(HttpGet(port, "/../etc/passwd"), StartsWith("HTTP/1.1 404"));
}

TEST(Endpoint, ASlowOrHostileClientDoesNotHideTheProcess) {
  Registry registry;
  auto endpoint = Endpoint::Start({}, registry);
  ASSERT_TRUE(endpoint.ok());
  const int silent = Connected((*endpoint)->port());
  const int port = (*endpoint)->port();
  EXPECT_THAT(HttpGet(port, "/livez"), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(HttpGet(port, "/" + std::string(20'000, 'x')), "");
  EXPECT_THAT(HttpGet(port, ""), StartsWith("HTTP/1.1 404"));
  close(silent);
}

TEST(Endpoint, SaysWhichAddressIsTaken) {
  Registry registry;
  auto first = Endpoint::Start({}, registry);
  ASSERT_TRUE(first.ok());
  auto second = Endpoint::Start({.port = (*first)->port()}, registry);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("127.0.0.1:" + std::to_string((*first)->port())));
}

}  // namespace
}  // namespace nara::metrics
