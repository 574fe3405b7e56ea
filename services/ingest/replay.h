// Delivers what was held, once what was in doubt about it is settled: the device was registered, or assigned with a
// start in the past, or its product came to the catalogue.
//
// Every record is judged anew, as of its own arrival, against the assignments that ran before it came: one that began
// later never gets it, so nothing that was produced while the device was nobody's, or somebody else's, reaches a later
// resident. `append` has the last word: an epoch that is bound to another assignment stays where it is.
//
// Threads: Deliver may be called from any; one at a time goes through.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/redis/appender.h"
#include "common/routes/route_table.h"
#include "common/time/clock.h"
#include "ingest/judge.h"
#include "ingest/ports.h"
#include "ingest/quarantine.h"
#include "ingest/tokens.h"

namespace nara::ingest {

class Replay {
 public:
  struct Deps {
    const RouteTable& routes;
    const Judge& judge;
    LogGate& log;  // its own
    const ShardTokens& tokens;
    const Clock& clock;  // by which repeats are remembered
  };

  // What `deps` names must outlive it.
  explicit Replay(Deps deps) : deps_(deps) {}

  // `held` are entries of one device and lane. One answer for each, in the order in which they are delivered: by
  // arrival, then by epoch and sequence. Unavailable when the log did not take all of them: then some may be in it,
  // and delivering all again is harmless.
  absl::StatusOr<std::vector<ReplayAnswer>> Deliver(Lane lane, std::vector<QuarantineRow> held);

 private:
  struct Candidate {
    const QuarantineRow* row = nullptr;
    AppendCall call;
    ReplayAnswer answer;
  };

  Candidate Judged(Lane lane, const nara::registry::v1::Route* route, const QuarantineRow& row) const;
  absl::Status Append(std::vector<Candidate>& candidates);

  const Deps deps_;
  std::mutex mutex_;
};

}  // namespace nara::ingest
