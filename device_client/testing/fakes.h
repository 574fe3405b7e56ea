#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "device_client/transport.h"

namespace nara::device_client {

// A transport without a network: the test is its thread. Tasks run in
// RunDue(), links go up and down and get messages when the test says so.
class FakeTransport : public Transport {
 public:
  struct Sent {
    std::string topic;
    std::string payload;
  };

  std::unique_ptr<Link> Open(LinkOptions options, LinkEvents& events) override;
  // A task for now runs inside the call.
  void Post(std::function<void()> task) override { task(); }
  void PostAt(absl::Time at, std::function<void()> task) override { tasks_.emplace(at, std::move(task)); }
  absl::Time Now() const override { return now_; }

  void Advance(absl::Duration by) {
    now_ += by;
    RunDue();
  }
  void RunDue() {
    while (!tasks_.empty() && tasks_.begin()->first <= now_) {
      const auto task = std::move(tasks_.begin()->second);
      tasks_.erase(tasks_.begin());
      task();
    }
  }

  // Of the link that was opened last.
  LinkOptions options;
  LinkEvents* events = nullptr;
  bool up = false;
  std::vector<Sent> sent;

 private:
  absl::Time now_ = absl::FromUnixSeconds(1'770'000'000);
  std::multimap<absl::Time, std::function<void()>> tasks_;
};

class FakeLink : public Link {
 public:
  explicit FakeLink(FakeTransport& transport) : transport_(transport) {}

  void Connect() override {}
  absl::Status Publish(const std::string& topic, const std::string& payload) override {
    if (!transport_.up) return absl::UnavailableError("the link is down");
    transport_.sent.push_back({topic, payload});
    return absl::OkStatus();
  }

 private:
  FakeTransport& transport_;
};

inline std::unique_ptr<Link> FakeTransport::Open(LinkOptions link_options, LinkEvents& link_events) {
  options = std::move(link_options);
  events = &link_events;
  return std::make_unique<FakeLink>(*this);
}

}  // namespace nara::device_client
