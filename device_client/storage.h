#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nara::device_client {

// A record that waits for its receipt. `body` is a serialized
// nara.telemetry.v1.Record.
struct KeptRecord {
  uint64_t epoch = 0;
  uint64_t seq = 0;
  std::string body;
};

// An epoch and the next sequence number that was never used in it.
struct KeptEpoch {
  uint64_t epoch = 0;
  uint64_t next_seq = 1;
};

// All that an outbox keeps: epochs oldest first, records by epoch and sequence.
struct Kept {
  std::vector<KeptEpoch> epochs;
  std::vector<KeptRecord> records;
};

// A command that the device has begun. `result` is empty until it has ended.
struct KeptCommand {
  std::string id;
  std::string result;
};

// Where one outbox (one lane of one device) keeps its records. What a call has
// accepted is there after a restart; how much a power cut may take is for the
// implementation to say. Used by one thread at a time.
//
// A sequence number must never be given to two records: Put stores the record
// and the number in one step.
class Storage {
 public:
  virtual ~Storage() = default;

  virtual absl::StatusOr<Kept> Load() = 0;
  // Starts an epoch that becomes the newest.
  virtual absl::Status BeginEpoch(uint64_t epoch) = 0;
  // Ends an epoch that has no records left.
  virtual absl::Status EndEpoch(uint64_t epoch) = 0;
  // Adds a record to an epoch; its next_seq becomes record.seq + 1.
  virtual absl::Status Put(const KeptRecord& record) = 0;
  // Removes the records of an epoch up to and including `through`.
  virtual absl::Status Forget(uint64_t epoch, uint64_t through) = 0;

  // Commands, oldest first; they are the device's, and kept with its measurements.
  virtual absl::StatusOr<std::vector<KeptCommand>> LoadCommands() = 0;
  // Adds one, or replaces the result of the one with this id.
  virtual absl::Status KeepCommand(const KeptCommand& command) = 0;
  virtual absl::Status ForgetCommand(const std::string& id) = 0;
};

}  // namespace nara::device_client
