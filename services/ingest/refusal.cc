#include "ingest/refusal.h"

namespace nara::ingest {

const std::vector<std::string>& AllReasons() {
  static const std::vector<std::string> reasons = {
      // The whole payload.
      "too_large", "unreadable", "too_many_records", "no_records", "wrong_topic", "topic_denied", "two_places", "flood",
      "over_limit",
      // No payload of a device's: the MQTT server itself.
      "mqtt_dropped",
      // One record: its form.
      "bad_record", "bad_sequence", "bad_time", "bad_episode", "bad_person",
      // One record: the catalogue's check.
      "unknown_product", "unknown_kind", "kind_not_of_product", "missing_episode", "unknown_component",
      "double_component", "missing_component", "not_a_number", "too_many_decimals", "value_out_of_range",
      "unknown_code", "unknown_ucum",
      // One record: whose it is and when it was.
      "wrong_lane", "wrong_person", "conflict", "no_assignment", "time_in_doubt"};
  return reasons;
}

}  // namespace nara::ingest
