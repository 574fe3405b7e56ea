// The changes of one transaction, with the technical alerts that they ask for.
#pragma once

#include <string>
#include <vector>

#include "alert_router/answers.h"
#include "alert_router/ports.h"

namespace nara::alert {

// For how long a technical alert rings.
inline constexpr std::chrono::hours kTechnicalFor{24};

// Make one at the begin of each attempt of a transaction; after the commit its
// changes go to the outlet. One thread.
class Moves {
 public:
  // All must outlive it.
  Moves(Rows& rows, const Answers& answers, const Reachable& reachable)
      : rows_(rows), answers_(answers), reachable_(reachable) {}

  Rows& rows() { return rows_; }
  const Answers& answers() const { return answers_; }
  const Reachable& reachable() const { return reachable_; }

  // Writes the change, and raises the technical alerts among its effects. A device
  // that was away for a week brings many alarms that are too late: those that come
  // while nobody has answered the technical alert about the first join it.
  absl::Status Save(const Change& change);

  // Raises a technical alert for the device's fallback unit, without a resident;
  // nothing when it is there already. REQUIRES: the key has no assignment.
  absl::Status RaiseTechnical(const Key& key, const std::string& event_id);

  // In the order in which they were made.
  std::vector<Change> Take() { return std::move(changes_); }

 private:
  absl::Status Tell(const Alert& alert, const std::string& kind);

  Rows& rows_;
  const Answers& answers_;
  const Reachable& reachable_;
  std::vector<Change> changes_;
};

}  // namespace nara::alert
