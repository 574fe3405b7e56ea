// Why something that came in is not delivered.
#pragma once

#include <string>
#include <vector>

namespace nara::ingest {

// What a device reads in its receipt and an operator in the quarantine.
struct Refusal {
  // One of AllReasons(); a bounded set, also a label of metrics.
  std::string reason;
  // In words, for the person who reads the device's log. Never a measured value: people read it who may see no care
  // data.
  std::string detail;
};

// Every reason that ingest gives, those of the catalogue's check among them, as docs/formats/receipts.md lists them.
const std::vector<std::string>& AllReasons();

}  // namespace nara::ingest
