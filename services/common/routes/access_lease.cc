#include "common/routes/access_lease.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "common/hash/random.h"
#include "common/rpc/channel.h"
#include "nara/registry/v1/service.grpc.pb.h"

namespace nara {
namespace {

using registry::v1::DeviceRegistryService;

// Longer than a healthy answer takes, and short enough for three questions within the
// second that an answer is good for.
constexpr absl::Duration kPatience = absl::Milliseconds(400);

}  // namespace

AccessLease::AccessLease(std::shared_ptr<grpc::Channel> channel, PrivacyTable& privacy, std::function<void()> settle)
    : channel_(std::move(channel)),
      privacy_(privacy),
      settle_(std::move(settle)),
      consumer_(RandomHex(16)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

AccessLease::~AccessLease() {
  Stop();
}

void AccessLease::Took(std::uint64_t revision) {
  const std::lock_guard lock(mutex_);
  if (revision != revision_) wake_.notify_all();
  revision_ = revision;
}

void AccessLease::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void AccessLease::Run(const std::stop_token& stop) {
  std::optional<std::uint64_t> confirmed;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, kEvery, [&] { return revision_ != confirmed; });
      confirmed = revision_;
    }
    if (confirmed && !stop.stop_requested()) Confirm(*confirmed);
  }
}

void AccessLease::Confirm(std::uint64_t revision) {
  registry::v1::ConfirmAccessRequest request;
  request.set_consumer(consumer_);
  request.set_revision(revision);
  if (settle_) settle_();
  const SteadyTime asked_at = std::chrono::steady_clock::now();
  const auto context = rpc::CallWithin(kPatience);
  registry::v1::ConfirmAccessResponse response;
  const auto stub = DeviceRegistryService::NewStub(channel_);
  if (stub->ConfirmAccess(context.get(), request, &response).ok()) privacy_.Confirmed(asked_at);
}

}  // namespace nara
