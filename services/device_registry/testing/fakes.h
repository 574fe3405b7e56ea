// Stand-ins for what the registry needs from outside.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/rpc/stream_writer.h"
#include "device_registry/identity/store.h"
#include "device_registry/ports.h"

namespace nara::registry::testing {

// A stream whose client takes as much as a test lets it.
template <typename Message>
class FakeWriter final : public rpc::StreamWriter<Message> {
 public:
  bool Offer(Message message) override {
    if (closed_ || room_ == 0) return false;
    --room_;
    sent_.push_back(std::move(message));
    return true;
  }
  bool OfferWithin(Message message, absl::Duration /*timeout*/) override { return Offer(std::move(message)); }
  void Close(absl::Status status) override {
    closed_ = true;
    status_ = std::move(status);
  }
  bool closed() const override { return closed_; }
  std::size_t queued() const override { return 0; }
  void OnClosed(std::function<void()> /*callback*/) override {}

  // The client takes so many messages from now on.
  void LetIn(std::size_t messages) { room_ = messages; }
  void HangUp() { closed_ = true; }
  std::vector<Message> Take() { return std::exchange(sent_, {}); }
  const absl::Status& status() const { return status_; }

 private:
  std::size_t room_ = 1'000'000;
  bool closed_ = false;
  std::vector<Message> sent_;
  absl::Status status_;
};

// A source that a test fills; it may also be out of order.
class FakeSource final : public ChangeSource {
 public:
  absl::StatusOr<Changes> ReadAfter(std::uint64_t revision) override {
    const std::lock_guard lock(mutex_);
    ++reads_;
    if (!status_.ok()) return status_;
    Changes changes{.revision = revision_, .routes = {}, .chains = {}, .plans = {}, .clients = {}, .privacy = {}};
    for (const v1::Route& route : routes_) {
      if (route.revision() > revision) changes.routes.push_back(route);
    }
    return changes;
  }

  void Add(const std::string& device) {
    const std::lock_guard lock(mutex_);
    v1::Route& route = routes_.emplace_back();
    route.set_device(device);
    route.set_revision(++revision_);
  }
  void Break(absl::Status status) {
    const std::lock_guard lock(mutex_);
    status_ = std::move(status);
  }
  int reads() const {
    const std::lock_guard lock(mutex_);
    return reads_;
  }

 private:
  mutable std::mutex mutex_;
  std::uint64_t revision_ = 0;
  std::vector<v1::Route> routes_;
  absl::Status status_;
  int reads_ = 0;
};

// Signs anything but an empty request.
class FakeCredentials final : public Credentials {
 public:
  absl::StatusOr<Signed> Sign(const std::string& device, const std::string& csr_pem) override {
    if (csr_pem.empty()) return absl::InvalidArgumentError("empty");
    const std::lock_guard lock(mutex_);
    return Signed{"cert of " + device, Serial(++serial_), absl::FromUnixSeconds(2'000'000'000)};
  }
  // The certificate is "<serial> of <device>", the signature "signed".
  absl::StatusOr<std::string> HeldBy(const std::string& device, const std::string& certificate_pem,
                                     const std::string& /*text*/, const std::string& signature) override {
    const std::string end = " of " + device;
    if (!certificate_pem.ends_with(end) || signature != "signed") return ProofRefused(device);
    return certificate_pem.substr(0, certificate_pem.size() - end.size());
  }
  std::string MqttPassword(const std::string& device) const override { return "password of " + device; }

  // "00000000000000000000000000000001" of 1.
  static std::string Serial(int number) {
    const std::string digits = std::to_string(number);
    return std::string(32 - digits.size(), '0') + digits;
  }

 private:
  std::mutex mutex_;
  int serial_ = 0;
};

}  // namespace nara::registry::testing
