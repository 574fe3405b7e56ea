#include "ingest/presence_store.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nara::ingest {
namespace {

constexpr std::int64_t kVersion = 1;
// Fields of one command; a longer one would hold up the others' appends.
constexpr std::size_t kAtOnce = 512;

std::string KeyOf(int shard, std::string_view what) {
  return "nara:{" + ShardText(shard) + "}:" + std::string(what);
}

// All numbers of the text; nothing when it is not just numbers between single spaces.
std::optional<std::vector<std::int64_t>> Numbers(std::string_view text) {
  std::vector<std::int64_t> numbers;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  while (at != end) {
    const auto [next, error] = std::from_chars(at, end, numbers.emplace_back());
    if (error != std::errc() || (next != end && (*next != ' ' || next + 1 == end))) return std::nullopt;
    at = next == end ? end : next + 1;
  }
  return numbers;
}

std::optional<std::int64_t> Number(ReplyView view) {
  const auto numbers = Numbers(view.text());
  return numbers && numbers->size() == 1 ? std::optional(numbers->front()) : std::nullopt;
}

absl::Status Errors(const absl::StatusOr<std::vector<Reply>>& replies) {
  if (!replies.ok()) return replies.status();
  absl::Status status;
  for (const Reply& reply : *replies) status.Update(reply.view().status());
  return status;
}

PresenceStore::Hearing ReadHearing(ReplyView fields) {
  PresenceStore::Hearing hearing;
  hearing.clock = Number(fields[0]).value_or(0);
  hearing.measurement = Number(fields[1]);
  hearing.alarm = Number(fields[2]);
  return hearing;
}

void QueueStates(RedisConnection& connection, const std::string& key,
                 std::span<const std::pair<std::string, PresenceState>> states) {
  std::vector<std::string> values;
  for (const auto& [device, state] : states) values.push_back(WriteState(state));
  std::vector<std::string_view> command = {"HSET", key};
  for (std::size_t i = 0; i < states.size(); ++i) {
    command.emplace_back(states[i].first);
    command.emplace_back(values[i]);
  }
  connection.Queue(command);
}

// Of the devices that the hash knows.
absl::Status AddContacts(RedisConnection& connection, const std::string& key, std::span<const std::string> devices,
                         PresenceStore::Signs& signs) {
  for (; !devices.empty(); devices = devices.subspan(std::min(kAtOnce, devices.size()))) {
    const auto some = devices.first(std::min(kAtOnce, devices.size()));
    std::vector<std::string_view> command = {"HMGET", key};
    command.insert(command.end(), some.begin(), some.end());
    const absl::StatusOr<Reply> reply = connection.Call(command);
    if (!reply.ok()) return reply.status();
    for (std::size_t i = 0; i < some.size(); ++i) {
      if (const auto sign = ReadSign(reply->view()[i].text())) signs.emplace_back(some[i], *sign);
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string HearingKey(int shard) {
  return KeyOf(shard, "hearing");
}
std::string ContactKey(int shard, Lane lane) {
  return KeyOf(shard, "contact:") + LaneLetter(lane);
}
std::string LostKey(int shard) {
  return KeyOf(shard, "lost");
}
std::string PresenceKey(int shard) {
  return KeyOf(shard, "presence");
}

std::string WriteSign(const Sign& sign) {
  return absl::StrCat(sign.hearing, " ", sign.at);
}

std::optional<Sign> ReadSign(std::string_view text) {
  const auto numbers = Numbers(text);
  if (!numbers || numbers->size() != 2) return std::nullopt;
  return Sign{(*numbers)[0], (*numbers)[1]};
}

std::string WriteState(const PresenceState& state) {
  const std::array<std::int64_t, 15> numbers = {kVersion,           static_cast<std::int64_t>(state.presence),
                                                state.told,         state.anchor,
                                                state.since,        state.from,
                                                state.changed,      state.changed_at,
                                                state.restlessness, state.contact.hearing,
                                                state.contact.at,   state.returned.hearing,
                                                state.returned.at,  state.will.hearing,
                                                state.will.at};
  return absl::StrJoin(numbers, " ");
}

std::optional<PresenceState> ReadState(std::string_view text) {
  const auto numbers = Numbers(text);
  if (!numbers || numbers->size() != 15) return std::nullopt;
  const auto& n = *numbers;
  if (n[0] != kVersion || n[1] < 0 || n[1] >= kPresences) return std::nullopt;
  return PresenceState{.presence = static_cast<Presence>(n[1]),
                       .told = n[2] != 0,
                       .anchor = n[3],
                       .since = n[4],
                       .from = n[5],
                       .changed = n[6],
                       .changed_at = n[7],
                       .restlessness = n[8],
                       .contact = {n[9], n[10]},
                       .returned = {n[11], n[12]},
                       .will = {n[13], n[14]}};
}

absl::StatusOr<RedisConnection*> RedisPresenceStore::Connection() {
  if (connection_ == nullptr || connection_->broken()) {
    absl::StatusOr<std::unique_ptr<RedisConnection>> made = RedisConnection::Connect(options_);
    if (!made.ok()) return made.status();
    connection_ = *std::move(made);
  }
  return connection_.get();
}

absl::StatusOr<PresenceStore::Hearings> RedisPresenceStore::ReadHearings() {
  const absl::StatusOr<RedisConnection*> connection = Connection();
  if (!connection.ok()) return connection.status();
  for (int shard = 0; shard < kShardCount; ++shard) {
    (*connection)->Queue({"HMGET", HearingKey(shard), kHearingClock, "m", "a"});
  }
  const absl::StatusOr<std::vector<Reply>> replies = (*connection)->Collect();
  if (absl::Status status = Errors(replies); !status.ok()) return status;
  Hearings hearings;
  for (std::size_t i = 0; i < hearings.size(); ++i) hearings[i] = ReadHearing((*replies)[i].view());
  return hearings;
}

absl::Status RedisPresenceStore::SaveClocks(const Clocks& clocks) {
  const absl::StatusOr<RedisConnection*> connection = Connection();
  if (!connection.ok()) return connection.status();
  for (int shard = 0; shard < kShardCount; ++shard) {
    const std::string value = absl::StrCat(clocks[static_cast<std::size_t>(shard)]);
    (*connection)->Queue({"HSET", HearingKey(shard), kHearingClock, value});
  }
  return Errors((*connection)->Collect());
}

absl::StatusOr<PresenceStore::States> RedisPresenceStore::Load(int shard) {
  const absl::StatusOr<RedisConnection*> connection = Connection();
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<Reply> reply = (*connection)->Call({"HGETALL", PresenceKey(shard)});
  if (!reply.ok()) return reply.status();
  States states;
  for (std::size_t i = 0; i + 1 < reply->view().size(); i += 2) {
    const auto state = ReadState(reply->view()[i + 1].text());
    if (state) states.emplace_back(reply->view()[i].text(), *state);
  }
  return states;
}

absl::StatusOr<PresenceStore::Signs> RedisPresenceStore::Wills(int shard) {
  const absl::StatusOr<RedisConnection*> connection = Connection();
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<Reply> reply = (*connection)->Call({"HGETALL", LostKey(shard)});
  if (!reply.ok()) return reply.status();
  Signs signs;
  for (std::size_t i = 0; i + 1 < reply->view().size(); i += 2) {
    if (const auto sign = ReadSign(reply->view()[i + 1].text())) signs.emplace_back(reply->view()[i].text(), *sign);
  }
  return signs;
}

absl::StatusOr<PresenceStore::Signs> RedisPresenceStore::Contacts(int shard, std::span<const std::string> devices) {
  const absl::StatusOr<RedisConnection*> connection = Connection();
  if (!connection.ok()) return connection.status();
  Signs signs;
  for (const Lane lane : {Lane::kMeasurement, Lane::kAlarm}) {
    absl::Status read = AddContacts(**connection, ContactKey(shard, lane), devices, signs);
    if (!read.ok()) return read;
  }
  return signs;
}

absl::Status RedisPresenceStore::Save(int shard, const States& states) {
  const absl::StatusOr<RedisConnection*> connection = Connection();
  if (!connection.ok()) return connection.status();
  const std::string key = PresenceKey(shard);
  for (std::span<const States::value_type> rest(states); !rest.empty();) {
    const auto some = rest.first(std::min(kAtOnce, rest.size()));
    QueueStates(**connection, key, some);
    rest = rest.subspan(some.size());
  }
  return Errors((*connection)->Collect());
}

}  // namespace nara::ingest
