#include "ingest/contact_teller.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/time/pause.h"
#include "common/time/text.h"
#include "ingest/presence_store.h"

namespace nara::ingest {
namespace {

using Signs = std::vector<std::pair<std::string, std::int64_t>>;

constexpr absl::Duration kAllAhead = absl::Hours(1);

// One HSET for all of them.
void QueueSigns(RedisConnection& connection, const std::string& key, const Signs& signs, std::int64_t hearing) {
  std::vector<std::string> values;
  values.reserve(signs.size());
  for (const auto& [device, at] : signs) values.push_back(WriteSign({hearing, at}));
  std::vector<std::string_view> command = {"HSET", key};
  for (std::size_t i = 0; i < signs.size(); ++i) {
    command.emplace_back(signs[i].first);
    command.emplace_back(values[i]);
  }
  connection.Queue(command);
}

}  // namespace

void ContactTeller::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    do {
      const absl::Status status = Tell();
      if (!status.ok()) log::Debug("presence", "cannot tell who was heard", {{"error", ToStd(status.message())}});
    } while (Pause(stop, deps_.interval));
    // Nobody will send again what was heard last.
    Tell(kAllAhead).IgnoreError();
  });
}

absl::Status ContactTeller::Connect() {
  if (connection_ != nullptr && !connection_->broken()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<RedisConnection>> made = RedisConnection::Connect(deps_.redis);
  if (!made.ok()) return made.status();
  connection_ = *std::move(made);
  return absl::OkStatus();
}

// A contact that is dated by no clock would look as old as the platform.
absl::Status ContactTeller::ReadClocks() {
  if (has_clocks_) return absl::OkStatus();
  for (int shard = 0; shard < kShardCount; ++shard) connection_->Queue({"HGET", HearingKey(shard), kHearingClock});
  const absl::StatusOr<std::vector<Reply>> replies = connection_->Collect();
  if (!replies.ok()) return replies.status();
  std::array<std::size_t, kShardCount> one_each{};
  one_each.fill(1);
  absl::Status status = Take(*replies, one_each);
  has_clocks_ = status.ok();
  return status;
}

std::size_t ContactTeller::Queue(int shard, const ContactBook::News& news) {
  const std::int64_t hearing = hearing_[static_cast<std::size_t>(shard)];
  const std::string lane(1, LaneLetter(deps_.lane));
  std::size_t queued = 1;
  connection_->Queue({"HGET", HearingKey(shard), kHearingClock});
  if (!news.heard.empty()) {
    QueueSigns(*connection_, ContactKey(shard, deps_.lane), news.heard, hearing);
    ++queued;
  }
  if (!news.lost.empty()) {
    QueueSigns(*connection_, LostKey(shard), news.lost, hearing);
    ++queued;
  }
  if (deps_.hears(shard)) {
    connection_->Queue({"HSET", HearingKey(shard), lane, absl::StrCat(absl::ToUnixMillis(deps_.clock.Now()))});
    ++queued;
  }
  return queued;
}

absl::Status ContactTeller::Tell(absl::Duration ahead) {
  if (absl::Status status = Connect(); !status.ok()) return status;
  if (absl::Status status = ReadClocks(); !status.ok()) return status;
  std::array<ContactBook::News, kShardCount> news;
  std::array<std::size_t, kShardCount> queued{};
  for (int shard = 0; shard < kShardCount; ++shard) {
    const auto index = static_cast<std::size_t>(shard);
    news[index] = deps_.book.Take(shard, deps_.clock.Monotonic() + ahead);
    queued[index] = Queue(shard, news[index]);
  }
  const absl::StatusOr<std::vector<Reply>> replies = connection_->Collect();
  const absl::Status status = replies.ok() ? Take(*replies, queued) : replies.status();
  if (status.ok()) return status;
  for (int shard = 0; shard < kShardCount; ++shard) deps_.book.PutBack(shard, news[static_cast<std::size_t>(shard)]);
  return status;
}

absl::Status ContactTeller::Take(const std::vector<Reply>& replies,
                                 const std::array<std::size_t, kShardCount>& queued) {
  for (const Reply& reply : replies) {
    if (absl::Status status = reply.view().status(); !status.ok()) return status;
  }
  std::size_t first = 0;
  for (std::size_t shard = 0; shard < queued.size(); first += queued[shard++]) {
    hearing_[shard] = replies[first].view().integer();
  }
  return absl::OkStatus();
}

}  // namespace nara::ingest
