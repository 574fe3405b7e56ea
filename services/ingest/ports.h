// What ingest needs from outside, as small interfaces; the adapters stand beside.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/mqtt/shard.h"
#include "common/redis/appender.h"
#include "ingest/receipt_coalescer.h"

namespace nara::ingest {

// The only gate to the logs. One thread; blocks until all answers are there or a deadline has passed.
class LogGate {
 public:
  virtual ~LogGate() = default;

  // One result for each call, those of one device in the order given. DataLoss, then for all of them: nothing was
  // appended, and what was before may be lost, since another server goes on with the logs. Append first what was kept,
  // in order: an uplink that came later may tell the log not to wait for what is missing.
  virtual std::vector<AppendResult> Append(std::span<const AppendCall> calls) = 0;

  // Once a second, since another server may go on with the logs also while nothing comes: DataLoss as above.
  virtual absl::Status Watch() = 0;

  // Makes us the only writer of a shard's lane.
  virtual absl::StatusOr<std::uint64_t> TakeToken(int shard, Lane lane) = 0;
};

// The way back to devices. Never blocks; what cannot be sent is dropped, since the device asks again.
class DeviceLink {
 public:
  virtual ~DeviceLink() = default;
  virtual void SendReceipt(const OutgoingReceipt& receipt) = 0;
};

}  // namespace nara::ingest
