#include "ingest/presence_keeper.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "common/log/log.h"
#include "common/time/pause.h"
#include "common/time/text.h"
#include "ingest/crash_point.h"
#include "ingest/expectation.h"
#include "ingest/presence_event.h"

namespace nara::ingest {
namespace {

constexpr std::chrono::seconds kLook{1};
// Events of one pipeline: a county that goes dark must not keep the workers from the log.
constexpr std::size_t kTellAtOnce = 128;

template <std::size_t... I>
std::array<HearingClock, sizeof...(I)> MakeClocks(const HearingRules& rules, std::index_sequence<I...>) {
  return {((void)I, HearingClock(rules))...};
}

// How far from now, at the most, a lane says that it heard; nothing when one never did. A saying from the future is
// none: a wall clock was set back.
std::optional<std::int64_t> FarthestSaying(const PresenceStore::Hearing& hearing, std::int64_t wall) {
  if (!hearing.measurement || !hearing.alarm) return std::nullopt;
  return std::max(std::abs(wall - *hearing.measurement), std::abs(wall - *hearing.alarm));
}

// True when more has changed than when it was heard, which the lanes have stored.
bool IsNews(const PresenceState& before, PresenceState after) {
  after.contact = before.contact;
  return after != before;
}

bool AnyUntold(const PresenceStore::States& states) {
  return std::ranges::any_of(states, [](const auto& entry) { return !entry.second.told; });
}

}  // namespace

PresenceKeeper::PresenceKeeper(PresenceOptions options, PresenceKeeperDeps deps)
    : options_(options),
      deps_(std::move(deps)),
      deaf_(deps_.metrics.AddGauge("nara_ingest_deaf_shards_count", "Shards in which nobody's silence counts now.")),
      clocks_(MakeClocks(options_.hearing, std::make_index_sequence<kShardCount>())),
      judged_at_(deps_.clock.Monotonic()) {
  for (int i = 0; i < kPresences; ++i) {
    gauges_[static_cast<std::size_t>(i)] =
        &deps_.metrics.AddGauge("nara_ingest_devices_count", "Devices that the registry knows, by their presence.",
                                {{"presence", std::string(PresenceName(static_cast<Presence>(i)))}});
  }
}

void PresenceKeeper::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    do {
      const absl::Status status = Look();
      if (!status.ok()) log::Warn("presence", "cannot judge, trying again", {{"error", ToStd(status.message())}});
    } while (Pause(stop, kLook));
  });
}

absl::Status PresenceKeeper::WatchLog() {
  const absl::Status watched = deps_.log.Watch();
  if (!absl::IsDataLoss(watched)) return watched;
  // Another Redis may lack what was stored last: what it has counts, and is told again.
  for (Page& page : pages_) page.loaded = false;
  return absl::OkStatus();
}

absl::Status PresenceKeeper::Look() {
  if (absl::Status watched = WatchLog(); !watched.ok()) return watched;
  if (absl::Status moved = MoveClocks(); !moved.ok()) return moved;
  const absl::Duration now = deps_.clock.Monotonic();
  if (now - judged_at_ < options_.judge_each || !deps_.routes.ready()) return absl::OkStatus();
  judged_at_ = now;
  return JudgeAll();
}

absl::Status PresenceKeeper::MoveClocks() {
  const absl::StatusOr<PresenceStore::Hearings> stored = deps_.store.ReadHearings();
  if (!stored.ok()) return stored.status();
  const std::int64_t monotonic = absl::ToInt64Milliseconds(deps_.clock.Monotonic());
  const std::int64_t wall = absl::ToUnixMillis(deps_.clock.Now());
  PresenceStore::Clocks clocks{};
  int deaf = 0;
  for (std::size_t shard = 0; shard < clocks_.size(); ++shard) {
    const PresenceStore::Hearing& hearing = (*stored)[shard];
    if (!resumed_) clocks_[shard].Resume(hearing.clock);
    clocks_[shard].Step(monotonic, FarthestSaying(hearing, wall));
    clocks[shard] = clocks_[shard].hearing();
    if (!clocks_[shard].hears()) ++deaf;
  }
  resumed_ = true;
  deaf_.Set(deaf);
  return deps_.store.SaveClocks(clocks);
}

absl::Status PresenceKeeper::JudgeAll() {
  std::array<Routes, kShardCount> routes;
  for (RouteTable::Pointer& route : deps_.routes.All()) {
    routes[static_cast<std::size_t>(ShardOf(route->device()))].push_back(std::move(route));
  }
  absl::Status status;
  for (int shard = 0; shard < kShardCount; ++shard) {
    if (Owns(shard)) status.Update(JudgeShard(shard, routes[static_cast<std::size_t>(shard)]));
  }
  ShowCounts();
  return status;
}

absl::Status PresenceKeeper::Load(int shard) {
  Page& page = pages_[static_cast<std::size_t>(shard)];
  if (page.loaded) return absl::OkStatus();
  const absl::StatusOr<States> stored = deps_.store.Load(shard);
  if (!stored.ok()) return stored.status();
  page.states.clear();
  for (const auto& [device, state] : *stored) page.states.emplace(device, state);
  page.loaded = true;
  return absl::OkStatus();
}

absl::Status PresenceKeeper::JudgeShard(int shard, const Routes& routes) {
  if (absl::Status loaded = Load(shard); !loaded.ok()) return loaded;
  // Who could not be told of stays as it is; the others are judged all the same.
  const absl::Status told = Tell(shard);
  const std::int64_t hearing = clocks_[static_cast<std::size_t>(shard)].hearing();
  const Now now{hearing, absl::ToUnixMillis(deps_.clock.Now())};
  std::vector<Subject> subjects = SubjectsOf(shard, routes);
  if (absl::Status taken = TakeSigns(shard, now, subjects); !taken.ok()) return taken;
  const States news = JudgeEach(shard, now, subjects);
  if (absl::Status saved = Save(shard, news); !saved.ok()) return saved;
  Count(shard, std::ssize(routes) - std::ssize(subjects));
  if (AnyUntold(news)) CrashPoint("presence_saved");
  return told.ok() ? Tell(shard) : told;
}

std::vector<PresenceKeeper::Subject> PresenceKeeper::SubjectsOf(int shard, const Routes& routes) const {
  const auto& known = pages_[static_cast<std::size_t>(shard)].states;
  std::vector<Subject> subjects;
  for (const RouteTable::Pointer& route : routes) {
    const Expectation expectation = ExpectationOf(*route, deps_.catalogue, deps_.clock.Now());
    const auto found = known.find(route->device());
    if (!expectation.expected && found == known.end()) continue;
    subjects.push_back({route->device(), expectation, found == known.end() ? PresenceState() : found->second});
  }
  return subjects;
}

absl::Status PresenceKeeper::TakeSigns(int shard, const Now& now, std::vector<Subject>& subjects) {
  const absl::StatusOr<PresenceStore::Signs> wills = deps_.store.Wills(shard);
  if (!wills.ok()) return wills.status();
  std::unordered_map<std::string_view, PresenceState*> states;
  for (Subject& subject : subjects) states[subject.device] = &subject.state;
  for (const auto& [device, will] : *wills) {
    const auto found = states.find(device);
    if (found != states.end()) TakeWill(*found->second, will);
  }
  std::vector<std::string> asked;
  for (const Subject& subject : subjects) {
    if (NeedsContact(subject.state, subject.expectation, now, options_.rules)) asked.push_back(subject.device);
  }
  const absl::StatusOr<PresenceStore::Signs> contacts = deps_.store.Contacts(shard, asked);
  if (!contacts.ok()) return contacts.status();
  for (const auto& [device, contact] : *contacts) TakeContact(*states.at(device), contact);
  return absl::OkStatus();
}

PresenceKeeper::States PresenceKeeper::JudgeEach(int shard, const Now& now, std::vector<Subject>& subjects) {
  auto& known = pages_[static_cast<std::size_t>(shard)].states;
  States news;
  for (Subject& subject : subjects) {
    if (!subject.state.told) continue;
    JudgePresence(subject.state, subject.expectation, now, options_.rules);
    PresenceState& before = known[subject.device];
    if (IsNews(before, subject.state)) {
      news.emplace_back(subject.device, subject.state);
    } else {
      before = subject.state;
    }
  }
  return news;
}

absl::Status PresenceKeeper::Save(int shard, const States& changes) {
  if (changes.empty()) return absl::OkStatus();
  if (absl::Status saved = deps_.store.Save(shard, changes); !saved.ok()) return saved;
  for (const auto& [device, state] : changes) pages_[static_cast<std::size_t>(shard)].states[device] = state;
  return absl::OkStatus();
}

absl::Status PresenceKeeper::Tell(int shard) {
  std::vector<std::string> untold;
  for (const auto& [device, state] : pages_[static_cast<std::size_t>(shard)].states) {
    if (!state.told) untold.push_back(device);
  }
  for (std::span<const std::string> rest(untold); !rest.empty();) {
    const auto some = rest.first(std::min(kTellAtOnce, rest.size()));
    if (absl::Status told = TellSome(shard, some); !told.ok()) return told;
    rest = rest.subspan(some.size());
  }
  return absl::OkStatus();
}

absl::Status PresenceKeeper::TellSome(int shard, std::span<const std::string> devices) {
  const std::unordered_map<std::string, PresenceState>& states = pages_[static_cast<std::size_t>(shard)].states;
  const std::uint64_t token = deps_.tokens[static_cast<std::size_t>(shard)];
  std::vector<AppendCall> calls;
  for (const std::string& device : devices) {
    calls.push_back(TellOf(device, states.at(device), deps_.routes.Find(device).get(), token));
  }
  const std::vector<AppendResult> results = deps_.log.Append(calls);
  States told;
  absl::Status status;
  for (std::size_t i = 0; i < results.size(); ++i) {
    status.Update(results[i].status);
    if (!results[i].status.ok()) continue;
    told.emplace_back(devices[i], states.at(devices[i])).second.told = true;
  }
  if (absl::IsAborted(status)) deps_.on_shard_lost(shard);
  CrashPoint("presence_appended");
  status.Update(Save(shard, told));
  return status;
}

void PresenceKeeper::Count(int shard, std::int64_t nobodys) {
  Page& page = pages_[static_cast<std::size_t>(shard)];
  page.counts = {};
  for (const auto& [device, state] : page.states) ++page.counts[static_cast<std::size_t>(state.presence)];
  page.counts[static_cast<std::size_t>(Presence::kNotConnected)] += nobodys;
}

void PresenceKeeper::ShowCounts() {
  for (std::size_t i = 0; i < gauges_.size(); ++i) {
    std::int64_t count = 0;
    for (const Page& page : pages_) count += page.counts[i];
    gauges_[i]->Set(static_cast<double>(count));
  }
}

}  // namespace nara::ingest
