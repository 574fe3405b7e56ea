#include "gateway/http/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "gateway/http/event_queue.h"

namespace nara::gateway {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// A client that sends bytes as they are.
class RawClient {
 public:
  explicit RawClient(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval timeout{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~RawClient() { close(socket_); }

  void Send(const std::string& bytes) {
    EXPECT_EQ(send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), ssize_t(bytes.size()));
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

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    router_.Add("GET", "/hello", [](const Request&, const PathParameters&) { return Text("hello"); });
    router_.Add("GET", "/slow", [this](const Request&, const PathParameters&) {
      release_.get_future().wait();
      return Text("slow");
    });
    router_.Add("GET", "/events", [this](const Request&, const PathParameters&) {
      Response response;
      response.content_type = "text/event-stream";
      response.events = queue_;
      return response;
    });
    Server::Options options;
    options.listen = {"127.0.0.1", 0};
    options.max_body = 1000;
    options.max_header = 2000;
    server_ = *Server::Start(options, router_);
  }

  static Response Text(const std::string& body) {
    Response response;
    response.content_type = "text/plain";
    response.body = body;
    return response;
  }

  std::string Ask(const std::string& bytes) {
    RawClient client(server_->port());
    client.Send(bytes);
    return client.ReadUntil("");
  }

  Router router_;
  std::promise<void> release_;
  std::shared_ptr<EventQueue> queue_ = std::make_shared<EventQueue>();
  std::unique_ptr<Server> server_;
};

constexpr char kHost[] = " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

TEST_F(ServerTest, AnswersWithSecurityHeaders) {
  const std::string answer = Ask(std::string("GET /hello") + kHost);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  for (const char* header :
       {"x-content-type-options: nosniff", "content-security-policy: default-src 'self'", "frame-ancestors 'none'"}) {
    EXPECT_THAT(answer, HasSubstr(header));
  }
}

TEST_F(ServerTest, RefusesAForeignHost) {
  EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(ServerTest, SurvivesWhatIsNoHttp) {
  EXPECT_EQ(Ask("\x16\x03\x01 this is TLS\r\n\r\n").find("HTTP/1.1 200"), std::string::npos);
  EXPECT_EQ(Ask("GET /" + std::string(5000, 'a') + kHost).find("HTTP/1.1 200"), std::string::npos);
  EXPECT_THAT(Ask("GET /%00" + std::string(kHost)), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Ask(std::string("GET /hello") + kHost), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerTest, RefusesABodyThatIsTooLarge) {
  EXPECT_THAT(Ask("POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
}

TEST_F(ServerTest, ASlowHandlerStopsNobodyElse) {
  RawClient slow(server_->port());
  slow.Send(std::string("GET /slow") + kHost);
  EXPECT_THAT(Ask(std::string("GET /hello") + kHost), HasSubstr("hello"));
  release_.set_value();
  EXPECT_THAT(slow.ReadUntil(""), HasSubstr("slow"));
}

TEST_F(ServerTest, SendsEventsAsTheyCome) {
  RawClient client(server_->port());
  client.Send(std::string("GET /events") + kHost);
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), HasSubstr("text/event-stream"));
  queue_->Push("data: 1\n\n");
  EXPECT_THAT(client.ReadUntil("data: 1\n\n"), HasSubstr("data: 1"));
  queue_->Push("data: 2\n\n");
  EXPECT_THAT(client.ReadUntil("data: 2\n\n"), HasSubstr("data: 2"));
}

TEST_F(ServerTest, StopsWithAnOpenEventStream) {
  RawClient client(server_->port());
  client.Send(std::string("GET /events") + kHost);
  client.ReadUntil("\r\n\r\n");
  server_->Stop();
}

TEST(Plain, IsForLoopbackOnly) {
  Router router;
  Server::Options options;
  options.listen = {"0.0.0.0", 0};
  EXPECT_EQ(Server::Start(options, router).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(HostHeader, OfTheMachineItself) {
  for (const char* host : {"localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "[::1]"})
    EXPECT_TRUE(IsLoopbackHostHeader(host)) << host;
  for (const char* host : {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1"}) {
    EXPECT_FALSE(IsLoopbackHostHeader(host)) << host;
  }
}

}  // namespace
}  // namespace nara::gateway
