#include "ingest/guard_counters.h"

#include <string>

#include "absl/strings/numbers.h"
#include "ingest/json_reader.h"

namespace nara::ingest {
namespace {

// One member is no reason: how many of the refusals the guard did not tell of.
constexpr std::string_view kCut = "cut";

}  // namespace

void GuardCounters::Take(std::string_view json) {
  const absl::StatusOr<JsonDocument> document = JsonDocument::Parse(json);
  if (!document.ok()) return;
  for (const JsonValue& member : document->root().children()) {
    double count = 0;
    if (member.type() != JsonType::kNumber || !absl::SimpleAtod(std::string(member.text()), &count)) continue;
    if (member.name() == kCut) {
      registry_.AddMirror("nara_guard_refusals_cut_total", "Refusals without a place in quarantine.").Set(count);
    } else {
      const metrics::Labels reason = {{"reason", std::string(member.name())}};
      registry_.AddMirror("nara_guard_refusals_total", "What the MQTT server's guard refused.", reason).Set(count);
    }
  }
}

}  // namespace nara::ingest
