// When to stop taking messages, and when to take them again.
#pragma once

namespace nara::ingest {

// Closes at 80 % of the inbox, or when its next file cannot be allocated; opens again below 50 %, when it can. The
// distance keeps a session from flapping; what is under way when it closes fits into the rest.
class Gate {
 public:
  static constexpr double kCloseAt = 0.8;
  static constexpr double kOpenBelow = 0.5;

  // True while messages may come.
  bool Update(double fullness, bool has_room) {
    if (fullness >= kCloseAt || !has_room) open_ = false;
    if (fullness < kOpenBelow && has_room) open_ = true;
    return open_;
  }

  bool open() const { return open_; }

 private:
  bool open_ = true;
};

}  // namespace nara::ingest
