// Whether a record is one that its product may send, and its values in the
// catalogue's units of measure.
#pragma once

#include <optional>
#include <string>

#include "common/catalogue/catalogue.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara {

// Why a record is not taken. `reason` is one of docs/formats/receipts.md:
// unknown_product, unknown_kind, kind_not_of_product, missing_episode,
// unknown_component, double_component, missing_component, not_a_number,
// too_many_decimals, value_out_of_range, unknown_code, unknown_ucum. `detail`
// says what to do and never repeats a value, since it goes to logs and lists
// that people read who may not see care data.
struct RecordProblem {
  std::string reason;
  std::string detail;
};

// Checks `record` from a device of `product`. Nothing back: it is fine, and each
// value that came in another accepted unit of measure was converted in place,
// what was sent beside it. A problem back: the record is as it was.
std::optional<RecordProblem> CheckRecord(const Catalogue& catalogue, const std::string& product,
                                         nara::telemetry::v1::Record& record);

}  // namespace nara
