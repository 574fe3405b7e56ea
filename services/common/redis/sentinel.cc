#include "common/redis/sentinel.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "common/log/log.h"
#include "common/redis/connection.h"

namespace nara {
namespace {

// A look follows the one before no sooner, however many suspect.
constexpr std::chrono::milliseconds kLeastPause{100};

std::string_view FieldOf(ReplyView fields, std::string_view name) {
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].text() == name) return fields[i + 1].text();
  }
  return {};
}

}  // namespace

SentinelDirectory::SentinelDirectory(SentinelOptions options)
    : options_(std::move(options)), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

SentinelDirectory::~SentinelDirectory() = default;

absl::StatusOr<std::string> SentinelDirectory::AddressOf(int) const {
  const std::lock_guard lock(mutex_);
  if (address_.empty()) return why_;
  return address_;
}

void SentinelDirectory::Suspect(const std::string&) {
  const std::lock_guard lock(mutex_);
  suspected_ = true;
  wake_.notify_one();
}

void SentinelDirectory::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Look();
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kLeastPause, [] { return false; });
    wake_.wait_for(lock, stop, options_.interval, [this] { return suspected_; });
    suspected_ = false;
  }
}

void SentinelDirectory::Look() {
  std::optional<Answer> newest;
  for (const std::string& sentinel : options_.sentinels) {
    absl::StatusOr<Answer> answer = Ask(sentinel);
    if (answer.ok() && (!newest || answer->epoch > newest->epoch)) newest = *std::move(answer);
  }
  if (newest) Take(*newest);
}

absl::StatusOr<SentinelDirectory::Answer> SentinelDirectory::Ask(const std::string& sentinel) const {
  const auto connection = RedisConnection::Connect(
      {.address = sentinel, .connect_timeout = options_.timeout, .command_timeout = options_.timeout});
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<Reply> reply = (*connection)->Call({"SENTINEL", "MASTER", options_.primary});
  if (!reply.ok()) return reply.status();
  const ReplyView fields = reply->view();
  Answer answer{.server = std::string(FieldOf(fields, "ip")).append(":").append(FieldOf(fields, "port"))};
  // What is no number is the oldest.
  if (!absl::SimpleAtoi(std::string(FieldOf(fields, "config-epoch")), &answer.epoch)) answer.epoch = 0;
  return answer;
}

void SentinelDirectory::Take(const Answer& answer) {
  const auto server = options_.servers.find(answer.server);
  const std::lock_guard lock(mutex_);
  if (server == options_.servers.end()) {
    const std::string why = "Sentinel names " + answer.server + ", which is none of the servers of the configuration";
    if (std::exchange(why_, absl::UnavailableError(why)).message() != why) log::Error("redis", why);
    return;
  }
  if (address_ == server->second) return;
  log::Info("redis", "the primary", {{"address", server->second}});
  address_ = server->second;
}

}  // namespace nara
