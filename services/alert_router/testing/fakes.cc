#include "alert_router/testing/fakes.h"

#include <algorithm>
#include <utility>

#include "alert_router/desk.h"

namespace nara::alert::testing {
namespace {

bool IsOlder(const Alert& alert, const Query& query) {
  if (!query.before_raised_at) return true;
  return std::pair(alert.raised_at, alert.id) < std::pair(*query.before_raised_at, query.before_id);
}

bool Fits(const Alert& alert, const Query& query) {
  return Matches(query.scope, ObjectOf(alert)) && IsOlder(alert, query) &&
         (query.principal.empty() || query.principal == alert.principal) &&
         (query.device.empty() || query.device == alert.key.device) && !(query.open_only && IsEnded(alert.state));
}

constexpr std::string_view kBeat = "beat ";

bool IsOffered(const Alert& alert) {
  return alert.state == State::kOffered && !alert.waiting;
}

// Those that fit, in the order of offers.
std::vector<Alert> Behind(const std::map<std::string, Alert>& alerts, int limit, const Place& after,
                          const std::function<bool(const Alert&)>& fits) {
  std::map<Place, Alert> found;
  for (const auto& [id, alert] : alerts) {
    if (fits(alert) && PlaceOf(alert) > after) found[PlaceOf(alert)] = alert;
  }
  std::vector<Alert> first;
  for (const auto& [place, alert] : found) {
    if (std::ssize(first) < limit) first.push_back(alert);
  }
  return first;
}

}  // namespace

class FakeRows final : public Rows {
 public:
  explicit FakeRows(FakeStore& store) : store_(store), tables_(store.tables_) {}

  std::size_t saved() const { return saved_; }
  FakeStore::Tables Take() { return std::move(tables_); }

  absl::StatusOr<Time> Now() override { return store_.now_; }

  absl::StatusOr<std::optional<Alert>> GetLocked(const std::string& id) override {
    const auto found = tables_.alerts.find(id);
    return found == tables_.alerts.end() ? std::optional<Alert>() : std::optional(found->second);
  }

  absl::StatusOr<std::vector<Alert>> EpisodeLocked(const Key& key, const Period& period,
                                                   const std::string& event_id) override {
    std::vector<Alert> alerts;
    for (const auto& [id, alert] : tables_.alerts) {
      const bool near = period.Has(alert.effective_at) || alert.event_id == event_id;
      if (alert.key == key && near) alerts.push_back(alert);
    }
    return alerts;
  }

  absl::StatusOr<std::optional<Alert>> NewestUnansweredLocked(const std::string& device,
                                                              const std::string& kind) override {
    std::optional<Alert> newest;
    for (const auto& [id, alert] : tables_.alerts) {
      if (alert.key.device != device || alert.key.kind != kind || !IsUnanswered(alert.state)) continue;
      if (!newest || newest->raised_at < alert.raised_at) newest = alert;
    }
    return newest;
  }

  absl::StatusOr<std::vector<Alert>> OfferedLocked(const std::string& receiver, int limit) override {
    return Behind(tables_.alerts, limit, {},
                  [&](const Alert& alert) { return IsOffered(alert) && alert.receiver == receiver; });
  }

  absl::StatusOr<std::vector<Alert>> WaitingLocked(const std::string& receiver, int limit) override {
    return Behind(tables_.alerts, limit, {},
                  [&](const Alert& alert) { return alert.waiting && alert.receiver == receiver; });
  }

  absl::StatusOr<std::vector<Alert>> DueLocked(int limit) override {
    std::vector<Alert> due;
    for (const auto& [id, alert] : tables_.alerts) {
      if (!alert.next_action_at || std::ssize(due) == limit) continue;
      const auto ahead = *alert.next_action_at - store_.now_;
      if (ahead.count() <= 0 || ahead > alert.chain.steps[alert.step].accept) due.push_back(alert);
    }
    return due;
  }

  absl::StatusOr<std::vector<EpisodeEnd>> Ends(const Key& key, const Period& period) override {
    std::vector<EpisodeEnd> ends;
    for (const auto& [at, end] : tables_.ends[key]) {
      if (period.Has(at)) ends.push_back(end);
    }
    return ends;
  }

  absl::Status RememberEnd(const Key& key, const EpisodeEnd& end) override {
    tables_.ends[key].emplace(end.at, end);
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<Silence>> SilenceLocked(const std::string& device) override {
    const auto found = tables_.silences.find(device);
    return found == tables_.silences.end() ? std::optional<Silence>() : std::optional(found->second.first);
  }

  absl::StatusOr<std::optional<Alert>> SilenceToJoinLocked(const std::string& kind,
                                                           const Responsible& answer) override {
    std::optional<Alert> newest;
    for (const auto& [id, alert] : tables_.alerts) {
      const bool same = alert.key.kind == kind && alert.unit == answer.unit && alert.principal == answer.principal;
      if (!same || IsEnded(alert.state) || NewestSilence(id) < store_.now_ - kSilencesWithin) continue;
      if (!IsUnanswered(alert.state) && *StillSilent(id) < kManySilent) continue;
      if (!newest || newest->raised_at < alert.raised_at) newest = alert;
    }
    return newest;
  }

  absl::Status RememberSilence(const Silence& silence) override {
    tables_.silences[silence.device] = {silence, store_.now_};
    return absl::OkStatus();
  }

  absl::Status ForgetSilence(const std::string& device) override {
    tables_.silences.erase(device);
    return absl::OkStatus();
  }

  absl::StatusOr<int> StillSilent(const std::string& alert) override {
    return static_cast<int>(std::count_if(tables_.silences.begin(), tables_.silences.end(),
                                          [&](const auto& entry) { return entry.second.first.alert == alert; }));
  }

  absl::Status Save(const Change& change) override {
    if (change.alert.key.device == store_.refused_) return absl::InvalidArgumentError("bad text");
    Alert& row = tables_.alerts[change.alert.id];
    if (row.version + change.history.size() != change.alert.version) return absl::AbortedError("another version");
    row = change.alert;
    ++saved_;
    auto& history = tables_.history[change.alert.id];
    history.insert(history.end(), change.history.begin(), change.history.end());
    return absl::OkStatus();
  }

  absl::Status Advance(std::span<const PositionStep> steps) override {
    for (const PositionStep& step : steps) {
      std::string& position = tables_.positions[step.lease.shard];
      if (position.empty()) position = "0-0";
      if (position != step.lease.position) return absl::AbortedError("another position");
      position = step.to;
    }
    return absl::OkStatus();
  }

 private:
  Time NewestSilence(const std::string& alert) const {
    Time newest{};
    for (const auto& [device, entry] : tables_.silences) {
      if (entry.first.alert == alert) newest = std::max(newest, entry.second);
    }
    return newest;
  }

  FakeStore& store_;
  FakeStore::Tables tables_;
  std::size_t saved_ = 0;
};

absl::Status FakeStore::Run(const std::function<absl::Status(Rows&)>& work) {
  std::scoped_lock lock(mutex_);
  if (!down_.ok()) return down_;
  FakeRows rows(*this);
  if (absl::Status done = work(rows); !done.ok()) return done;
  largest_ = std::max(largest_, rows.saved());
  if (std::exchange(lose_commit_, false)) return absl::UnavailableError("the commit was lost");
  tables_ = rows.Take();
  if (std::exchange(lose_reply_, false)) return absl::UnavailableError("the reply was lost");
  return absl::OkStatus();
}

absl::StatusOr<AlertWithHistory> FakeStore::Get(const std::string& id) {
  std::scoped_lock lock(mutex_);
  if (!down_.ok()) return down_;
  const auto found = tables_.alerts.find(id);
  if (found == tables_.alerts.end()) return absl::NotFoundError("no such alert");
  return AlertWithHistory{found->second, tables_.history[id]};
}

absl::StatusOr<std::vector<Alert>> FakeStore::List(const Query& query) {
  std::scoped_lock lock(mutex_);
  if (!down_.ok()) return down_;
  std::vector<Alert> found;
  for (const auto& [id, alert] : tables_.alerts) {
    if (Fits(alert, query)) found.push_back(alert);
  }
  std::sort(found.begin(), found.end(),
            [](const Alert& a, const Alert& b) { return std::pair(a.raised_at, a.id) > std::pair(b.raised_at, b.id); });
  if (std::ssize(found) > query.limit) found.resize(query.limit);
  return found;
}

absl::StatusOr<std::vector<Alert>> FakeStore::Offered(const std::string& receiver, const Place& after, int limit) {
  std::scoped_lock lock(mutex_);
  if (!down_.ok()) return down_;
  return Behind(tables_.alerts, limit, after,
                [&](const Alert& alert) { return IsOffered(alert) && alert.receiver == receiver; });
}

absl::StatusOr<std::optional<std::chrono::microseconds>> FakeStore::UntilNextAction() {
  std::scoped_lock lock(mutex_);
  if (!down_.ok()) return down_;
  std::optional<std::chrono::microseconds> until;
  for (const auto& [id, alert] : tables_.alerts) {
    if (alert.next_action_at) until = std::min(until.value_or(std::chrono::hours(999)), *alert.next_action_at - now_);
  }
  return until;
}

std::vector<Alert> FakeStore::All(const std::string& kind, const std::string& episode) const {
  std::vector<Alert> found;
  for (const auto& [id, alert] : tables_.alerts) {
    if (alert.key.kind == kind && alert.key.episode == episode) found.push_back(alert);
  }
  std::sort(found.begin(), found.end(), [](const Alert& a, const Alert& b) { return a.effective_at < b.effective_at; });
  return found;
}

const Alert* FakeStore::Find(const std::string& kind, const std::string& episode) const {
  const std::vector<Alert> all = All(kind, episode);
  return all.empty() ? nullptr : &tables_.alerts.at(all.back().id);
}

std::vector<std::string> FakeStore::Actions(const std::string& alert) const {
  std::vector<std::string> actions;
  const auto found = tables_.history.find(alert);
  if (found == tables_.history.end()) return actions;
  for (const HistoryEntry& entry : found->second) actions.push_back(entry.action);
  return actions;
}

std::string FakeStore::position(int shard) const {
  const auto found = tables_.positions.find(shard);
  return found == tables_.positions.end() ? "" : found->second;
}

bool FakeScreen::Add(const std::string& line) {
  std::scoped_lock lock(mutex_);
  if (waiting_.size() >= kQueue) return false;
  waiting_.push_back(line);
  if (!hangs_) ReadSome(1);
  return true;
}

void FakeScreen::ReadSome(std::size_t count) {
  for (; count > 0 && !waiting_.empty(); --count) {
    const std::string line = std::exchange(waiting_.front(), "");
    waiting_.pop_front();
    if (line.starts_with(kBeat)) {
      last_beat_ = line.substr(kBeat.size());
    } else {
      lines_.push_back(line);
    }
  }
}

bool FakeScreen::Offer(const Alert& alert) {
  return Add("offer " + alert.key.kind + " " + std::to_string(alert.version));
}

bool FakeScreen::Withdraw(const Alert& alert, const std::string& reason) {
  return Add("withdraw " + alert.key.kind + " " + reason);
}

bool FakeScreen::Beat(const Pulse& pulse) {
  std::string line = std::string(kBeat) + std::to_string(pulse.oldest_unrouted.count());
  for (const std::string& person : pulse.operators) line += " " + person;
  return Add(line);
}

std::size_t FakeScreen::waiting() const {
  std::scoped_lock lock(mutex_);
  return waiting_.size();
}

void FakeScreen::Read(std::size_t count) {
  std::scoped_lock lock(mutex_);
  ReadSome(count);
}

void FakeScreen::Close(absl::Status status) {
  std::scoped_lock lock(mutex_);
  lines_.push_back("close " + absl::StatusCodeToString(status.code()));
}

std::vector<std::string> FakeScreen::Take() {
  std::scoped_lock lock(mutex_);
  return std::exchange(lines_, {});
}

bool FakeWatch::Show(const std::vector<Alert>& alerts) {
  std::scoped_lock lock(mutex_);
  if (hangs_) return false;
  if (alerts.empty()) lines_.push_back("beat");
  for (const Alert& alert : alerts) lines_.push_back(alert.key.kind + " " + std::string(StateName(alert.state)));
  return true;
}

bool FakeWatch::ShowPatiently(const std::vector<Alert>& alerts) {
  if (meanwhile) std::exchange(meanwhile, nullptr)();
  return Show(alerts);
}

void FakeWatch::Close(absl::Status status) {
  std::scoped_lock lock(mutex_);
  lines_.push_back("close " + absl::StatusCodeToString(status.code()));
}

std::vector<std::string> FakeWatch::Take() {
  std::scoped_lock lock(mutex_);
  return std::exchange(lines_, {});
}

}  // namespace nara::alert::testing
