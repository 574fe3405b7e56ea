// The time in which devices of one shard could be heard: it goes on only while both lanes say that they hear
// (contact_teller.h), and never while this process is away. What it shows is stored, so that it does not go back.
//
// The alarm lane moves it; both lanes date contacts by it.
//
// One thread.
#pragma once

#include <cstdint>
#include <optional>

namespace nara::ingest {

// Milliseconds.
struct HearingRules {
  // A lane that has not said for so long that it hears, does not. It says so each second.
  std::int64_t fresh = 5'000;
  // After a silence of ours devices need so long to come back: the clock begins to go on only then. Longer finds what
  // was lost in the meantime later.
  std::int64_t settle = 120'000;
  // A pause of this process that was longer does not count either.
  std::int64_t longest_step = 10'000;
};

class HearingClock {
 public:
  explicit HearingClock(HearingRules rules = {}) : rules_(rules) {}

  // What was stored last; once, before the first step.
  void Resume(std::int64_t hearing) { hearing_ = hearing; }

  // `said`: how far from now, at the most, a lane says that it hears; nothing when one never did. `monotonic` does not
  // go back.
  void Step(std::int64_t monotonic, std::optional<std::int64_t> said);

  std::int64_t hearing() const { return hearing_; }
  // False while the clock stands.
  bool hears() const { return hears_; }

 private:
  const HearingRules rules_;
  std::int64_t hearing_ = 0;
  bool hears_ = false;
  std::optional<std::int64_t> last_;        // the last step, monotonic
  std::optional<std::int64_t> well_since_;  // both lanes hear, monotonic
};

}  // namespace nara::ingest
