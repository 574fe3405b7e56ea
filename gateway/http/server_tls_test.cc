// The same server behind TLS: reading and writing an event stream at once is where TLS differs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <fstream>

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
  // Of the server's certificate: which one it is.
  long serial() const {
    X509* const certificate = SSL_get1_peer_certificate(ssl_);
    const long serial = ASN1_INTEGER_get(X509_get0_serialNumber(certificate));
    X509_free(certificate);
    return serial;
  }

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
    router_.Add("GET", "/large", [this](const Request&, const PathParameters&) {
      Response response;
      response.shared_body = large_;
      return response;
    });
    const config::Tls tls = pki_.Issue("nara-gateway");
    key_ = tls.key;
    Server::Options options;
    options.listen = {"127.0.0.1", 0};
    options.cert = tls.cert;
    options.key = tls.key;
    options.request = absl::Milliseconds(200);
    options.patience = absl::Milliseconds(300);
    options.ping = absl::Milliseconds(50);
    options.take = absl::Milliseconds(500);
    options.certificate_interval = absl::ZeroDuration();
    server_ = *Server::Start(options, router_, metrics_);
  }

  static void Follow(TlsClient& client) {
    client.Send("GET /events HTTP/1.1\r\nHost: gateway.example\r\n\r\n");
    EXPECT_THAT(client.ReadUntil("retry: 1000\n\n"), HasSubstr("strict-transport-security"));
  }

  rpc::TestPki pki_;
  std::string key_;
  metrics::Registry registry_;
  Metrics metrics_{registry_};
  Router router_;
  const std::shared_ptr<const std::string> large_ =
      std::make_shared<const std::string>(std::string(8 << 20, 'x') + "!");
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

TEST_F(TlsServerTest, AnAnswerIsWholeHoweverLarge) {
  TlsClient client(server_->port());
  client.Send("GET /large HTTP/1.1\r\nHost: gateway.example\r\n\r\n");
  EXPECT_GT(client.ReadUntil("!").size(), large_->size());
}

TEST_F(TlsServerTest, WhoTakesNothingOfItsAnswerIsCutOff) {
  TlsClient client(server_->port());
  client.Send("GET /large HTTP/1.1\r\nHost: gateway.example\r\n\r\n");
  const std::string counted = "nara_gateway_refused_total{reason=\"slow_reader\"} 1";
  EXPECT_TRUE(WaitFor([&] { return registry_.Text().find(counted) != std::string::npos; }));
}

TEST_F(TlsServerTest, AHandshakeThatNeverComesIsCutOff) {
  RawClient client(server_->port());
  EXPECT_EQ(client.ReadUntil(""), "");
}

TEST_F(TlsServerTest, ANewCertificateIsUsedFromTheNextHandshakeOn) {
  TlsClient before(server_->port());
  Follow(before);
  pki_.Issue("nara-gateway");
  TlsClient after(server_->port());
  EXPECT_NE(after.serial(), before.serial());
  queue_->Push("data: 1\n\n");
  EXPECT_THAT(before.ReadUntil("data: 1\n\n"), HasSubstr("data: 1")) << "who was there stays";
}

TEST_F(TlsServerTest, APairThatDoesNotFitChangesNothing) {
  const long before = TlsClient(server_->port()).serial();
  std::ofstream(key_) << "no key";
  EXPECT_EQ(TlsClient(server_->port()).serial(), before);
  pki_.Issue("nara-gateway");
  EXPECT_NE(TlsClient(server_->port()).serial(), before);
}

TEST(Certificate, ThatCannotBeUsedIsAnErrorAtTheStart) {
  rpc::TestPki pki;
  const config::Tls tls = pki.Issue("nara-gateway");
  metrics::Registry registry;
  Metrics metrics(registry);
  const Router router;
  Server::Options options;
  options.listen = {"127.0.0.1", 0};
  options.cert = tls.cert;
  options.key = pki.Issue("nara-ingest").key;
  const absl::Status status = Server::Start(options, router, metrics).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(status.message(), HasSubstr(options.key));
}

}  // namespace
}  // namespace nara::gateway
