// At most one receipt a device each 20 ms on the measurement lane.
//
// Receipts are cumulative, so the newest says all: of a device that sends one record after the other, the first is
// answered at once, and what comes within the interval after a receipt waits for its end and goes out as one. What was
// held or rejected meanwhile is kept together. Receipts that cannot be merged (another epoch or encoding, or a `ref`,
// which answers one uplink) go out at once, in order. With an interval of zero, as on the alarm lane, nothing waits.
//
// Keeps a device only for one interval. Threads: none; its owner's.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/time/time.h"
#include "ingest/decode.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::ingest {

struct OutgoingReceipt {
  std::string device;
  Encoding encoding = Encoding::kProtobuf;
  nara::telemetry::v1::Receipt receipt;
};

class ReceiptCoalescer {
 public:
  explicit ReceiptCoalescer(absl::Duration interval) : interval_(interval) {}

  // Adds a receipt; appends what goes out now to `out`. `now` is monotonic.
  void Add(OutgoingReceipt receipt, absl::Duration now, std::vector<OutgoingReceipt>& out);

  // Appends what is due to `out`.
  void TakeDue(absl::Duration now, std::vector<OutgoingReceipt>& out);

  // When TakeDue has something to do; infinite for never.
  absl::Duration NextDue() const;

 private:
  struct Device {
    absl::Duration open_at;  // from then on the next one goes out at once
    std::optional<OutgoingReceipt> waiting;
  };
  void Sent(const std::string& device, absl::Duration now);

  const absl::Duration interval_;
  std::unordered_map<std::string, Device> devices_;
  // Devices by when their interval ends; each once.
  std::deque<std::pair<absl::Duration, std::string>> order_;
};

}  // namespace nara::ingest
