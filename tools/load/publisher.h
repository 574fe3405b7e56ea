// Devices that publish as fast as they may, or at a rate, for a time: one thread, one
// epoll set. What is measured: what was acknowledged in the time after a warm-up, and
// how long each took.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/load/connection.h"
#include "tools/load/payload.h"

namespace nara::load {

struct Sender {
  std::string id;        // client id and user name
  std::string password;  // empty with a certificate
};

struct PublisherOptions {
  Endpoint endpoint;
  std::vector<Sender> senders;
  PayloadOptions payload;
  bool alarm = false;
  // True: a record is done when its receipt says so; false: when PUBACK is there.
  bool receipts = true;
  int window = 16;  // messages of a sender under way
  int rate = 0;     // messages a second, of all senders; 0: as many as go
  absl::Duration warm_up = absl::Seconds(2);
  absl::Duration time = absl::Seconds(10);  // after the warm-up
};

struct PublisherReport {
  std::uint64_t messages = 0;  // done within the time
  std::uint64_t records = 0;
  std::uint64_t refused = 0;          // receipts that settled nothing
  std::uint64_t unfinished = 0;       // messages without an answer 10 s after the end
  std::uint64_t sent = 0;             // messages in all
  double seconds = 0;                 // of the time
  std::vector<absl::Duration> times;  // from publish to done, of each message
};

class Publisher {
 public:
  explicit Publisher(PublisherOptions options) : options_(std::move(options)) {}

  absl::StatusOr<PublisherReport> Run();

 private:
  struct Message {
    std::uint64_t last = 0;  // its last sequence
    absl::Time sent;
  };
  struct Link {
    std::unique_ptr<Connection> connection;
    std::string topic;
    std::uint64_t next = 1;  // sequence
    std::uint16_t id = 0;    // of the last packet
    std::deque<Message> under_way;
    bool subscribed = false;
    bool asked_to_write = false;
  };

  absl::Status Connect();
  absl::Status Drive(absl::Time end, bool sending);
  absl::Status Handle(Link& link, std::uint32_t events);
  void Take(Link& link, const Packet& packet);
  void Done(Link& link, std::uint64_t through);
  void SendSome(Link& link);
  void Send(Link& link);
  void SendAtRate();
  absl::Status Push(Link& link);
  bool AllReady() const;
  std::uint64_t UnderWay() const;

  const PublisherOptions options_;
  int epoll_ = -1;
  std::vector<Link> links_;
  std::string payload_;
  bool sending_ = false;
  absl::Time began_;  // of sending
  absl::Time from_;   // of the time that counts
  absl::Time until_;
  std::size_t turn_ = 0;
  PublisherReport report_;
};

}  // namespace nara::load
