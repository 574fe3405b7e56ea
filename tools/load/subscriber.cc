#include "tools/load/subscriber.h"

#include <poll.h>

#include <memory>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace nara::load {
namespace {

using Sessions = std::vector<std::unique_ptr<Connection>>;

// Before the first message there is more time.
constexpr absl::Duration kFirst = absl::Seconds(60);

absl::StatusOr<Sessions> OpenSessions(const SubscriberOptions& options) {
  Sessions sessions;
  for (const std::string& filter : options.filters) {
    absl::StatusOr<std::unique_ptr<Connection>> opened = Connection::Open(options.endpoint);
    if (!opened.ok()) return opened.status();
    AddConnect((*opened)->out(), absl::StrFormat("%s-%02d", options.client_id, sessions.size()), "");
    AddSubscribe((*opened)->out(), 1, filter, 1);
    sessions.push_back(*std::move(opened));
  }
  return sessions;
}

absl::Status FlushAll(const Sessions& sessions) {
  for (const auto& session : sessions) {
    if (absl::Status status = session->Flush(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void Wait(const Sessions& sessions) {
  std::vector<pollfd> waits;
  for (const auto& session : sessions) {
    const short events = session->waiting() ? POLLIN | POLLOUT : POLLIN;
    waits.push_back({.fd = session->fd(), .events = events, .revents = 0});
  }
  poll(waits.data(), waits.size(), 100);
}

void Take(const Packet& packet, Connection& session, SubscriberReport& report) {
  if (packet.type != PacketType::kPublish) return;
  report.last = absl::Now();
  if (report.messages++ == 0) report.first = report.last;
  if (const std::uint16_t id = PublishedIn(packet).id; id != 0) AddPuback(session.out(), id);
}

}  // namespace

absl::StatusOr<SubscriberReport> Subscribe(const SubscriberOptions& options) {
  const absl::StatusOr<Sessions> sessions = OpenSessions(options);
  if (!sessions.ok()) return sessions.status();
  SubscriberReport report;
  report.last = absl::Now() + kFirst;
  while (absl::Now() < report.last + options.idle) {
    if (absl::Status status = FlushAll(*sessions); !status.ok()) return status;
    Wait(*sessions);
    for (const auto& session : *sessions) {
      const auto take = [&](const Packet& packet) { Take(packet, *session, report); };
      if (absl::Status status = session->Read(take); !status.ok()) return status;
    }
  }
  if (report.messages == 0) return absl::DeadlineExceededError("no message came");
  return report;
}

}  // namespace nara::load
