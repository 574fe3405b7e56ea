#include "tools/load/publisher.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "absl/time/clock.h"
#include "common/mqtt/topics.h"

namespace nara::load {
namespace {

constexpr absl::Duration kConnectTime = absl::Seconds(30);
constexpr absl::Duration kLastAnswers = absl::Seconds(10);
constexpr int kTickMilliseconds = 1;

}  // namespace

absl::StatusOr<PublisherReport> Publisher::Run() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  absl::Status status = Connect();
  if (status.ok()) status = Drive(absl::Now() + kConnectTime, false);
  if (status.ok() && !AllReady()) status = absl::DeadlineExceededError("not every sender came in");
  if (status.ok()) {
    began_ = absl::Now();
    from_ = began_ + options_.warm_up;
    until_ = from_ + options_.time;
    status = Drive(until_, true);
  }
  if (status.ok()) status = Drive(absl::Now() + kLastAnswers, false);
  close(epoll_);
  if (!status.ok()) return status;
  report_.unfinished = UnderWay();
  report_.seconds = absl::ToDoubleSeconds(options_.time);
  return std::move(report_);
}

absl::Status Publisher::Connect() {
  links_.resize(options_.senders.size());
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const Sender& sender = options_.senders[i];
    Link& link = links_[i];
    absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options_.endpoint);
    if (!connection.ok()) return connection.status();
    link.connection = *std::move(connection);
    link.topic = TopicOf(sender.id, options_.payload.form, options_.alarm);
    link.subscribed = !options_.receipts;
    AddConnect(link.connection->out(), sender.id, sender.password);
    if (options_.receipts) AddSubscribe(link.connection->out(), 1, BuildTopic(TopicKind::kReceipt, sender.id), 0);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, link.connection->fd(), &event);
    if (absl::Status status = Push(link); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// Until the end; without sending also until there is nothing more to wait for.
absl::Status Publisher::Drive(absl::Time end, bool sending) {
  sending_ = sending;
  std::array<epoll_event, 256> events{};
  if (sending && options_.rate == 0) {
    for (Link& link : links_) {
      SendSome(link);
      if (absl::Status status = Push(link); !status.ok()) return status;
    }
  }
  while (absl::Now() < end && (sending || !AllReady() || UnderWay() > 0)) {
    if (sending && options_.rate > 0) SendAtRate();
    const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), kTickMilliseconds);
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (absl::Status status = Handle(links_[event.data.u64], event.events); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::Status Publisher::Handle(Link& link, std::uint32_t events) {
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) {
    absl::Status status = link.connection->Read([&](const Packet& packet) { Take(link, packet); });
    if (!status.ok()) return status;
  }
  if (sending_ && options_.rate == 0) SendSome(link);
  return Push(link);
}

void Publisher::Take(Link& link, const Packet& packet) {
  switch (packet.type) {
    case PacketType::kSuback:
      link.subscribed = true;
      return;
    case PacketType::kPuback:
      if (!options_.receipts && !link.under_way.empty()) Done(link, link.under_way.front().last);
      return;
    case PacketType::kPublish: {
      const std::optional<std::uint64_t> through = ThroughOf(options_.payload.form, PublishedIn(packet).payload);
      if (through.has_value()) return Done(link, *through);
      ++report_.refused;
      return;
    }
    default:
      return;
  }
}

void Publisher::Done(Link& link, std::uint64_t through) {
  const absl::Time now = absl::Now();
  while (!link.under_way.empty() && link.under_way.front().last <= through) {
    if (now >= from_ && now < until_) {
      ++report_.messages;
      report_.records += static_cast<std::uint64_t>(options_.payload.records);
      report_.times.push_back(now - link.under_way.front().sent);
    }
    link.under_way.pop_front();
  }
}

void Publisher::SendSome(Link& link) {
  while (link.under_way.size() < static_cast<std::size_t>(options_.window) && !link.connection->waiting()) Send(link);
}

void Publisher::Send(Link& link) {
  const std::uint64_t first = link.next;
  const std::uint64_t from =
      link.under_way.empty() ? first
                             : link.under_way.front().last - static_cast<std::uint64_t>(options_.payload.records) + 1;
  payload_.clear();
  AddPayload(options_.payload, first, from, payload_);
  link.next += static_cast<std::uint64_t>(options_.payload.records);
  if (++link.id == 0) ++link.id;
  AddPublish(link.connection->out(), link.id, link.topic, payload_);
  link.under_way.push_back({.last = link.next - 1, .sent = absl::Now()});
  ++report_.sent;
}

// The senders take turns; one whose window is full is passed over.
void Publisher::SendAtRate() {
  const auto due = static_cast<std::uint64_t>(absl::ToDoubleSeconds(absl::Now() - began_) * options_.rate);
  for (std::size_t tried = 0; report_.sent < due && tried < links_.size(); ++tried) {
    Link& link = links_[turn_++ % links_.size()];
    if (link.under_way.size() >= static_cast<std::size_t>(options_.window)) continue;
    Send(link);
    (void)Push(link);  // its end is seen by the next read
    tried = 0;
  }
}

absl::Status Publisher::Push(Link& link) {
  absl::Status status = link.connection->Flush();
  const bool wanted = link.connection->waiting();
  if (!status.ok() || wanted == link.asked_to_write) return status;
  link.asked_to_write = wanted;
  const auto index = static_cast<std::uint64_t>(&link - links_.data());
  epoll_event event{.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN, .data = {.u64 = index}};
  epoll_ctl(epoll_, EPOLL_CTL_MOD, link.connection->fd(), &event);
  return status;
}

bool Publisher::AllReady() const {
  return std::ranges::all_of(links_, &Link::subscribed);
}

std::uint64_t Publisher::UnderWay() const {
  std::uint64_t messages = 0;
  for (const Link& link : links_) messages += link.under_way.size();
  return messages;
}

}  // namespace nara::load
