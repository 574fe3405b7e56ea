// The same server behind TLS: reading and writing an event stream at once is where TLS differs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "common/rpc/testing/test_pki.h"
#include "common/testing/wait_for.h"
#include "gateway/http/event_queue.h"
#include "gateway/http/server.h"
#include "gateway/testing/raw_client.h"

namespace nara::gateway {
namespace {

using nara::testing::WaitFor;
using ::testing::HasSubstr;
using testing::RawClient;

class TlsClient {
 public:
  explicit TlsClient(int port) : raw_(port), context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_)) {
    SSL_set_fd(ssl_, raw_.socket_number());
    EXPECT_EQ(SSL_connect(ssl_), 1);
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  void Send(const std::string& text) {
    EXPECT_EQ(SSL_write(ssl_, text.data(), static_cast<int>(text.size())), static_cast<int>(text.size()));
  }
  std::string ReadUntil(const std::string& end) {
    std::string text;
    char buffer[4096];
    while (text.find(end) == text.npos) {
      const int n = SSL_read(ssl_, buffer, sizeof buffer);
      if (n <= 0) break;
      text.append(buffer, n);
    }
    return text;
  }
  RawClient& raw() { return raw_; }

 private:
  RawClient raw_;
  SSL_CTX* const context_;
  SSL* const ssl_;
};

class TlsServerTest : public ::testing::Test {
 protected:
  TlsServerTest() {
    router_.Add("GET", "/events", [this](const Request&, const PathParameters&) {
      Response response;
      response.content_type = "text/event-stream";
      response.events = queue_;
      return response;
    });
    const config::Tls tls = pki_.Issue("nara-gateway");
    Server::Options options;
    options.listen = {"127.0.0.1", 0};
    options.cert = tls.cert;
    options.key = tls.key;
    options.request = absl::Milliseconds(200);
    options.patience = absl::Milliseconds(300);
    options.ping = absl::Milliseconds(50);
    server_ = *Server::Start(options, router_, metrics_);
  }

  static void Follow(TlsClient& client) {
    client.Send("GET /events HTTP/1.1\r\nHost: gateway.example\r\n\r\n");
    EXPECT_THAT(client.ReadUntil("retry: 1000\n\n"), HasSubstr("strict-transport-security"));
  }

  rpc::TestPki pki_;
  metrics::Registry registry_;
  Metrics metrics_{registry_};
  Router router_;
  std::shared_ptr<EventQueue> queue_ = std::make_shared<EventQueue>();
  std::unique_ptr<Server> server_;
};

TEST_F(TlsServerTest, EventsFlowLongerThanARequestMayTake) {
  TlsClient client(server_->port());
  Follow(client);
  for (int i = 0; i < 10; ++i) client.ReadUntil(":\n\n");
  queue_->Push("data: 1\n\n");
  EXPECT_THAT(client.ReadUntil("data: 1\n\n"), HasSubstr("data: 1"));
  queue_->Close();
  EXPECT_THAT(client.ReadUntil("0\r\n\r\n"), HasSubstr("0\r\n\r\n"));
}

TEST_F(TlsServerTest, ABrowserThatClosesIsNoticedAtOnce) {
  {
    TlsClient client(server_->port());
    Follow(client);
    EXPECT_FALSE(queue_->closed());
  }
  EXPECT_TRUE(WaitFor([this] { return queue_->closed(); }));
}

TEST_F(TlsServerTest, ABrowserThatIsGoneWithoutAWordIsNoticed) {
  TlsClient client(server_->port());
  Follow(client);
  client.raw().Die();
  EXPECT_TRUE(WaitFor([this] { return queue_->closed(); }));
}

TEST_F(TlsServerTest, AHandshakeThatNeverComesIsCutOff) {
  RawClient client(server_->port());
  EXPECT_EQ(client.ReadUntil(""), "");
}

}  // namespace
}  // namespace nara::gateway
