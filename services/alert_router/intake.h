// From the alarm logs to alerts: what each record means, and its offer in the
// same breath.
//
// The records of a batch, the alerts that they raise or end, and the positions
// of their logs are one transaction; offers follow its commit at once. A record
// that comes again finds its alert and changes nothing.
//
// What a record means:
//   a test                       nothing; logged and counted
//   a kind that ends another     the alert of that kind and the same episode is
//                                cancelled, or the end is remembered
//   a kind that raises           an alert for who answers now, if there is none;
//                                one that is too old expires at once, and a
//                                technical alert tells of it
//   ingest_quarantined,          a technical alert for the device's fallback unit,
//   mqtt_dropped                 or the fallback receiver where there is none
//   unreadable, or a kind that   a technical alert: nobody would notice otherwise
//   the catalogue does not have
//
// One thread at a time.
#pragma once

#include <span>
#include <vector>

#include "alert_router/answers.h"
#include "alert_router/interpret.h"
#include "alert_router/ledger.h"
#include "alert_router/route_wait.h"
#include "common/time/clock.h"

namespace nara::alert {

// New entries of one log, with the step of its position that covers them.
struct LogSlice {
  LogId log;
  PositionStep step;
  std::vector<LogEntry> entries;
};

class Intake {
 public:
  // All must outlive it.
  struct Deps {
    Ledger& ledger;
    const Catalogue& catalogue;
    const Answers& answers;
    Metrics& metrics;
    const Clock& clock;
  };

  explicit Intake(Deps deps) : deps_(deps), interpreter_(deps.catalogue, deps.answers) {}

  // How many entries of a log, from the first, may be routed now; the one behind them
  // waits for its route (route_wait.h), which no record of another log waits for.
  std::size_t Ready(LogId log, const std::vector<LogEntry>& entries);

  // Routes the slices and moves their positions. An entry that the store refuses
  // for what it holds becomes a technical alert, and the rest is routed. Other
  // errors: nothing is known to have happened; Aborted: somebody else writes one
  // of these logs; Unavailable: the store is away.
  absl::Status Take(std::span<const LogSlice> slices);

 private:
  absl::Status TakeTogether(std::span<const LogSlice> slices);
  void Measure(std::span<const LogSlice> slices, const std::vector<std::string>& outcomes);
  absl::Status TakeSingly(std::span<const LogSlice> slices);
  absl::Status TakeRefused(const LogSlice& slice, const absl::Status& why);

  const Deps deps_;
  const Interpreter interpreter_;
  RouteWait route_wait_;
};

}  // namespace nara::alert
