#include "tools/load/subscriber.h"

#include <poll.h>

#include "absl/time/clock.h"

namespace nara::load {
namespace {

// Before the first message there is more time.
constexpr absl::Duration kFirst = absl::Seconds(60);

}  // namespace

absl::StatusOr<SubscriberReport> Subscribe(const SubscriberOptions& options) {
  absl::StatusOr<std::unique_ptr<Connection>> opened = Connection::Open(options.endpoint);
  if (!opened.ok()) return opened.status();
  Connection& connection = **opened;
  AddConnect(connection.out(), options.client_id, "");
  AddSubscribe(connection.out(), 1, options.filter, 1);
  SubscriberReport report;
  report.last = absl::Now() + kFirst;
  const auto take = [&](const Packet& packet) {
    if (packet.type != PacketType::kPublish) return;
    report.last = absl::Now();
    if (report.messages++ == 0) report.first = report.last;
    if (const std::uint16_t id = PublishedIn(packet).id; id != 0) AddPuback(connection.out(), id);
  };
  while (absl::Now() < report.last + options.idle) {
    if (absl::Status status = connection.Flush(); !status.ok()) return status;
    pollfd wait{.fd = connection.fd(), .events = POLLIN, .revents = 0};
    if (connection.waiting()) wait.events |= POLLOUT;
    poll(&wait, 1, 100);
    if (absl::Status status = connection.Read(take); !status.ok()) return status;
  }
  if (report.messages == 0) return absl::DeadlineExceededError("no message came");
  return report;
}

}  // namespace nara::load
