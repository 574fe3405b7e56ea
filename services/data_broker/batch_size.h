// How many rows a statement may take, since PostgreSQL ends what takes too long: half as
// many after a statement that was ended, slowly more after those that were not. What
// does not fit into its time today is done in pieces that do. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>

#include "absl/status/status.h"

namespace nara::broker {

class BatchSize {
 public:
  explicit BatchSize(std::size_t most) : most_(most), now_(most) {}

  std::size_t now() const { return now_; }

  // What a statement of so many rows came to. True when it took too long.
  bool Learn(const absl::Status& status, std::size_t rows) {
    const bool too_long = absl::IsDeadlineExceeded(status);
    if (too_long) {
      now_ = std::max<std::size_t>(1, std::min(rows, now_) / 2);
    } else if (status.ok() && rows >= now_) {
      now_ = std::min(most_, now_ + 1 + most_ / kStepsToMost);
    }
    return too_long;
  }

 private:
  // Statements until all of it is tried again. Fewer: more are ended in vain while the
  // store is slow.
  static constexpr std::size_t kStepsToMost = 64;

  const std::size_t most_;
  std::size_t now_;
};

}  // namespace nara::broker
