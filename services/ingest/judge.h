// What becomes of one record: accepted, held or rejected, and whose it is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/catalogue/catalogue.h"
#include "common/redis/keys.h"
#include "ingest/origin.h"
#include "ingest/refusal.h"
#include "nara/registry/v1/registry.pb.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::ingest {

// What is the same for all records of an uplink. The pointers may be null: an unknown device, or nobody's.
struct Circumstances {
  const Origin& origin;
  const nara::registry::v1::Route* route = nullptr;
  const nara::registry::v1::Assignment* assignment = nullptr;
  std::optional<absl::Time> sent;
};

struct Verdict {
  enum class Answer { kAccepted, kHeld, kRejected };
  Answer answer = Answer::kAccepted;
  Refusal refusal;  // when it is not accepted
  // True for a kind that raises or ends an alarm, whatever became of the record.
  bool alarm_class = false;
  // It was produced in the assignment that it was judged for, whatever became of it: not when its time is in doubt.
  bool in_assignment = false;
  absl::Time effective_at;
  // Of an accepted record:
  Log log = Log::kMeasurement;
  std::string resident;
  absl::Duration clock_offset;
  std::vector<nara::telemetry::v1::Flag> flags;
};

class Judge {
 public:
  // The catalogue must outlive it.
  explicit Judge(const Catalogue& catalogue) : catalogue_(catalogue) {}

  // `form` is what decode found wrong with the record. Values of an accepted record are converted in place to the
  // catalogue's units.
  Verdict Decide(const Circumstances& circumstances, const std::optional<Refusal>& form,
                 nara::telemetry::v1::Record& record) const;

 private:
  // The checks in their order; the first that finds something ends it.
  std::optional<Refusal> Reject(const Circumstances& circumstances, const std::optional<Refusal>& form,
                                nara::telemetry::v1::Record& record) const;

  const Catalogue& catalogue_;
};

}  // namespace nara::ingest
