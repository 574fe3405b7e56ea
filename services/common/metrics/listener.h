#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"

namespace nara::metrics {

// Takes TCP connections, reads the head of one HTTP request from each (at most 8 KiB within a second), writes what
// `answer` returns, closes. No more of HTTP than a scraper needs, and it stops at once; civetweb takes two seconds to
// stop [measured].
class Listener {
 public:
  // From the request's target, without the query, to a whole HTTP answer. Called on both threads.
  using AnswerFunction = std::function<std::string(const std::string& target)>;

  // UNAVAILABLE when the address cannot be taken. Port 0 is any free one.
  static absl::StatusOr<std::unique_ptr<Listener>> Start(const std::string& host, int port, AnswerFunction answer);

  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int port() const;

 private:
  Listener(int socket, int stop_event, AnswerFunction answer);
  void Run() const;
  void Serve(int connection) const;

  const int socket_;
  const int stop_event_;
  const AnswerFunction answer_;
  // Last: the threads use everything above.
  std::vector<std::jthread> threads_;
};

}  // namespace nara::metrics
