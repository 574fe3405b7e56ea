// The helpers themselves: what they promise to other tests.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "common/testing/child_process.h"
#include "common/testing/dial.h"
#include "common/testing/readme.h"
#include "common/testing/servers.h"
#include "common/testing/tcp_gate.h"
#include "common/testing/wait_for.h"

namespace nara::testing {
namespace {

using std::chrono::milliseconds;

TEST(TempDir, IsGoneWithItsContent) {
  std::string path;
  {
    const TempDir dir;
    path = dir.path();
    EXPECT_TRUE(std::filesystem::exists(dir.Write("file", "content")));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(WaitFor, EndsWithTheEventOrTheDeadline) {
  EXPECT_TRUE(WaitFor([] { return true; }, milliseconds(0)));
  EXPECT_FALSE(WaitFor([] { return false; }, milliseconds(2)));
}

TEST(ChildProcess, TellsHowItEnded) {
  EXPECT_EQ(ChildProcess::Start({.argv = {"sh", "-c", "exit 7"}, .env = {}, .log_file = ""}).value()->Wait(), 7);
  const auto sleeper = ChildProcess::Start({.argv = {"sleep", "60"}, .env = {}, .log_file = ""}).value();
  EXPECT_TRUE(sleeper->running());
  sleeper->Stop(SIGTERM);
  EXPECT_EQ(sleeper->Wait(), 128 + SIGTERM);
  EXPECT_EQ(ChildProcess::Start({.argv = {"/nowhere"}, .env = {}, .log_file = ""}).value()->Wait(), 127);
}

TEST(ChildProcess, DiesWithItsParent) {
  const TempDir dir;
  const std::string file = dir.File("pid");
  const pid_t parent = fork();
  if (parent == 0) {
    const auto child = ChildProcess::Start({.argv = {"sleep", "60"}, .env = {}, .log_file = ""}).value();
    std::ofstream(file + ".part") << child->pid() << std::flush;
    std::filesystem::rename(file + ".part", file);
    pause();
  }
  ASSERT_TRUE(WaitFor([&] { return std::filesystem::exists(file); }));
  pid_t child = 0;
  std::ifstream(file) >> child;
  ASSERT_GT(child, 0);
  kill(parent, SIGKILL);
  EXPECT_TRUE(WaitFor([&] {
    std::string state;
    std::ifstream status("/proc/" + std::to_string(child) + "/stat");
    std::string pid, name;
    return !(status >> pid >> name >> state) || state == "Z";
  }));
}

// A listener that answers nothing, and a client through the gate.
class Gate : public ::testing::Test {
 protected:
  Gate() {
    gate_ = TcpGate::Start("127.0.0.1:" + std::to_string(PortOf(listener_))).value();
    client_ = Dial(gate_->address());
    server_ = accept(listener_, nullptr, nullptr);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    setsockopt(server_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(client_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
  ~Gate() override {
    for (const int fd : {client_, server_, listener_}) close(fd);
  }

  static void Send(int fd, const std::string& text) { send(fd, text.data(), text.size(), MSG_NOSIGNAL); }
  // Reads `size` bytes, or fewer when the other side ends.
  static std::string Receive(int fd, std::size_t size) {
    std::string text;
    std::array<char, 1024> bytes{};
    while (text.size() < size) {
      const ssize_t got = recv(fd, bytes.data(), std::min(bytes.size(), size - text.size()), 0);
      if (got <= 0) break;
      text.append(bytes.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

  const int listener_ = Listen("127.0.0.1:0");
  std::unique_ptr<TcpGate> gate_;
  int client_ = -1;
  int server_ = -1;
};

TEST_F(Gate, PassesBytesBothWays) {
  Send(client_, "ping");
  EXPECT_EQ(Receive(server_, 4), "ping");
  Send(server_, "pong");
  EXPECT_EQ(Receive(client_, 4), "pong");
}

TEST_F(Gate, HoldsAndCutsAndRefuses) {
  gate_->Stall(true);
  Send(client_, "late");
  gate_->Stall(false);
  EXPECT_EQ(Receive(server_, 4), "late");
  gate_->Cut();
  EXPECT_EQ(Receive(client_, 1), "");
  gate_->Refuse(true);
  const int refused = Dial(gate_->address());
  EXPECT_EQ(Receive(refused, 1), "");
  close(refused);
}

TEST(MetricsInReadme, AreThoseOfItsTable) {
  const TempDir dir;
  const std::string readme = dir.Write("README.md",
                                       "What `nara_not_in_the_table` is.\n\n"
                                       "| `nara_of_another_table` | |\n\n"
                                       "## Metrics\n"
                                       "| name | meaning |\n| --- | --- |\n"
                                       "| `nara_b_seconds{reason,state}`, `nara_a_total` | see `nara_spoken_of` |\n"
                                       "| `nara_c` | one |\n\n"
                                       "## When something is down\n| `nara_later` | |\n");
  const std::vector<std::string> expected = {"nara_a_total", "nara_b_seconds", "nara_c"};
  EXPECT_EQ(MetricsInReadme(readme), expected);
  EXPECT_TRUE(MetricsInReadme("no/such/file.md").empty());
}

TEST(PostgresServer, KeepsCommittedDataOverAStop) {
  const auto server = PostgresServer::Start().value();
  ASSERT_TRUE(server->CreateOwner("owner", "place").ok());
  ASSERT_TRUE(server->Run("create table place.t (id int)").ok());
  server->Stop();
  EXPECT_FALSE(server->Run("select 1").ok());
  ASSERT_TRUE(server->Restart().ok());
  EXPECT_TRUE(server->Run("select * from place.t").ok());
}

TEST(MosquittoServer, TakesItsConfigurationFromTheTest) {
  EXPECT_FALSE(MosquittoServer::Start({.config = {"no_such_option true"}}).ok());
  const auto server = MosquittoServer::Start({.config = {"listener {port} 127.0.0.1"}}).value();
  EXPECT_GT(server->port(), 0);
}

}  // namespace
}  // namespace nara::testing
