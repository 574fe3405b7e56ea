// Thousands of seeded lives of a dispenser: it counts its doses from 1 or names them
// by the hour, reminds of a missed one, is reset or given to the next resident,
// starts again and sends what it had sent, is away for days, and is read twice.
//
// Whatever it does, a missed dose is one alert, and only a dose that was taken ends it.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "alert_router/engine.h"
#include "alert_router/episode.h"
#include "alert_router/testing/seeds.h"

namespace nara::alert {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kAlarmFor = hours(12);

// What the router keeps, as intake and interpret use it.
class Router {
 public:
  // True when it raised an alert.
  bool Miss(const Key& key, const Beginning& event, Time now) {
    const std::vector<Alert> known = Known(key, AlertsAround(event), event.event_id);
    const std::vector<EpisodeEnd> ends = Ends(key, EndsAround(event));
    if (IsRepeat(event, known, ends)) return false;
    Alert alert;
    alert.key = key;
    alert.event_id = event.event_id;
    alert.effective_at = event.at;
    alert.expires_at = event.at + event.alarm_for;
    alert.chain.steps = {{"centre", seconds(60)}};
    alerts_[key].push_back(Raise(alert, EndedBy(event, known, ends), Attended, now).alert);
    return true;
  }

  void Take(const Key& key, const EpisodeEnd& end, Time now) {
    ends_[key].push_back(end);
    const std::vector<Alert> known = Known(key, BegunBefore(end.at, kAlarmFor), "");
    const Alert* ended = EndedWith(end, known, kAlarmFor);
    if (ended == nullptr) return;
    for (Alert& alert : alerts_[key]) {
      if (alert.event_id == ended->event_id) alert = End(alert, end.kind, now).alert;
    }
  }

  const Alert& AlertOf(const Key& key, const std::string& event_id) {
    const std::vector<Alert>& alerts = alerts_[key];
    return *std::find_if(alerts.begin(), alerts.end(), [&](const Alert& alert) { return alert.event_id == event_id; });
  }

 private:
  static bool Attended(const std::string&) { return true; }

  std::vector<Alert> Known(const Key& key, const Period& period, const std::string& event_id) {
    std::vector<Alert> known;
    for (const Alert& alert : alerts_[key]) {
      if (period.Has(alert.effective_at) || alert.event_id == event_id) known.push_back(alert);
    }
    return known;
  }

  std::vector<EpisodeEnd> Ends(const Key& key, const Period& period) {
    std::vector<EpisodeEnd> ends;
    for (const EpisodeEnd& end : ends_[key]) {
      if (period.Has(end.at)) ends.push_back(end);
    }
    return ends;
  }

  std::map<Key, std::vector<Alert>> alerts_;
  std::map<Key, std::vector<EpisodeEnd>> ends_;
};

class Dispenser {
 public:
  explicit Dispenser(uint64_t seed) : random_(seed), numbers_(Draw(3) > 0), by_the_hour_(Draw(4) == 0) {}

  void Run() {
    for (int doses = 2 + Draw(10); doses-- > 0 && !::testing::Test::HasFailure();) {
      Change();
      GiveDose();
      if (Draw(4) == 0) SendAgain();
      if (Draw(4) > 0) Deliver();
      if (Draw(3) == 0) ReadAgain();
    }
    Deliver();
    CheckAll();
  }

 private:
  struct Dose {
    Key key;
    bool missed = false;
    bool taken = false;
    std::vector<std::string> alerts;  // the events that raised one
  };
  struct Saying {
    std::size_t dose;
    bool is_end;
    std::string event_id;
    Time at;
  };

  int Draw(int below) { return static_cast<int>(random_() % below); }
  seconds Between(seconds from, seconds to) { return from + seconds(Draw(static_cast<int>((to - from).count()))); }

  // Time goes by. What tells two doses of one name apart: that the first was taken, an epoch, or half a day.
  void Change() {
    bool reset = Draw(3) == 0;
    if (Draw(5) == 0) {
      assignment_ = "assignment-" + std::to_string(Draw(1'000'000));
      reset = true;
    }
    if (reset) Restart();
    if (reset) count_ = 0;
    const bool by_time_alone = reset && !numbers_ && !by_the_hour_;
    if (!by_time_alone && !doses_.empty() && doses_.back().taken && Draw(3) == 0) {
      now_ += Between(minutes(5), hours(2));
    } else if (by_time_alone || by_the_hour_) {
      now_ += Between(hours(13), hours(40));
    } else {
      now_ += Between(hours(2), hours(20));
    }
  }

  void Restart() {
    ++epoch_;
    sequence_ = 0;
  }

  void GiveDose() {
    const std::string episode = by_the_hour_ ? "morning" : std::to_string(++count_);
    Dose dose{{"disp-1", "dose_missed", episode, assignment_}, Draw(3) > 0, false, {}};
    dose.taken = !dose.missed || Draw(2) == 0;
    doses_.push_back(dose);
    const std::size_t first = said_.size();
    if (dose.missed) Say(false, now_);
    for (int reminders = dose.missed ? Draw(4) : 0; reminders > 0; --reminders) {
      now_ += Between(minutes(5), minutes(10));
      Say(false, now_);
    }
    now_ += Between(minutes(3), minutes(25));
    if (dose.taken) Say(true, now_);
    if (Draw(4) == 0) std::rotate(said_.begin() + first, said_.end() - 1, said_.end());  // the end comes first
  }

  void Say(bool is_end, Time at) {
    ++sequence_;
    const std::string id = numbers_ ? std::to_string(epoch_) + "/" + std::to_string(sequence_)
                                    : std::to_string(at.time_since_epoch().count()) + (is_end ? "e/0" : "/0");
    said_.push_back({doses_.size() - 1, is_end, "disp-1/a/" + id, at});
  }

  // It has lost its epoch and sends what it still has of the last dose, by a clock that was set a little; what it had
  // sent may be lost.
  void SendAgain() {
    std::vector<Saying> last;
    for (const Saying& saying : said_) {
      if (saying.dose + 1 == doses_.size()) last.push_back(saying);
    }
    if (Draw(3) == 0 && undelivered_ <= said_.size() - last.size()) said_.resize(said_.size() - last.size());
    if (numbers_) Restart();
    const seconds moved = numbers_ ? seconds(Draw(60) - 30) : seconds(0);
    for (const Saying& saying : last) Say(saying.is_end, saying.at + moved);
  }

  void Deliver() {
    now_ += Draw(5) == 0 ? Between(hours(1), hours(50)) : Between(seconds(1), minutes(5));
    for (; undelivered_ < said_.size(); ++undelivered_) Route(said_[undelivered_]);
  }

  void ReadAgain() {
    for (int times = Draw(4); times > 0 && undelivered_ > 0; --times) Route(said_[random_() % undelivered_]);
  }

  void Route(const Saying& saying) {
    Dose& dose = doses_[saying.dose];
    if (saying.is_end) {
      router_.Take(dose.key, {"dose_taken", saying.event_id, saying.at}, now_);
    } else if (router_.Miss(dose.key, {saying.event_id, saying.at, kAlarmFor}, now_)) {
      dose.alerts.push_back(saying.event_id);
    }
  }

  void CheckAll() {
    for (const Dose& dose : doses_) {
      ASSERT_EQ(dose.alerts.size(), dose.missed ? 1U : 0U) << "dose " << dose.key.episode << " rang so often";
      if (!dose.missed) continue;
      const Alert& alert = router_.AlertOf(dose.key, dose.alerts[0]);
      ASSERT_TRUE(!dose.taken || IsEnded(alert.state)) << "rings although it was taken";
      ASSERT_TRUE(dose.taken || alert.state != State::kCancelled) << "silenced by another dose";
    }
  }

  std::mt19937_64 random_;
  const bool numbers_;      // has epochs and sequences
  const bool by_the_hour_;  // each day's dose has the same name
  Time now_{hours(24 * 365)};
  std::string assignment_ = "assignment-0";
  int epoch_ = 1;
  int sequence_ = 0;
  int count_ = 0;
  std::vector<Dose> doses_;
  std::vector<Saying> said_;
  std::size_t undelivered_ = 0;  // index in said_
  Router router_;
};

TEST(Simulation, EveryMissedDoseIsOneAlert) {
  testing::LiveThrough<Dispenser>();
}

}  // namespace
}  // namespace nara::alert
