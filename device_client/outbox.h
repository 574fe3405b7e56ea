#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "device_client/storage.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::device_client {

// What happens to a new record when the outbox is full.
enum class WhenFull {
  // The oldest record is given up, counted in dropped(), and `from` tells the
  // platform that it will never come. The newest matter most: the default.
  kDropOldest,
  // The new record is refused with RESOURCE_EXHAUSTED.
  kRefuseNew,
};

struct OutboxOptions {
  // Bounds of what is kept. A device that measures four times a day and is
  // offline for a year stays below.
  size_t max_records = 4096;
  size_t max_bytes = 2 << 20;
  WhenFull when_full = WhenFull::kDropOldest;
  // Bounds of one uplink. The platform takes 65,536 bytes a payload.
  size_t batch_records = 32;
  size_t batch_bytes = 48 * 1024;
  // Without a receipt the oldest records are sent again after this, then after
  // twice as long, up to the most; each shortened at random by up to a half, so
  // that a fleet does not resend in step.
  absl::Duration resend_after = absl::Seconds(4);
  absl::Duration resend_after_most = absl::Minutes(5);
};

// Keeps the records of one lane of one device until the platform's receipt, and
// says what to send when. Pure logic: no clock, no thread, no connection.
//
// Every record gets the next sequence number of the current epoch, a random
// number drawn here. At most 64 records beyond the oldest kept one are sent (the
// platform's window). Anything unsettled is sent again after a back-off, or at
// once on a new connection; the platform counts each once.
//
// Not thread-safe: the owner serializes calls.
class Outbox {
 public:
  using Random = std::function<uint64_t()>;

  // Loads what `storage` keeps. `storage` must outlive the outbox. `random`
  // must be unpredictable between devices: it draws the epochs.
  static absl::StatusOr<std::unique_ptr<Outbox>> Open(telemetry::v1::Lane lane, OutboxOptions options, Storage& storage,
                                                      Random random);

  // Keeps a record and returns its sequence number; after OK it is in storage.
  // The record's seq is ignored. INVALID_ARGUMENT when it is too big to send.
  absl::StatusOr<uint64_t> Put(telemetry::v1::Record record);

  // Starts a new epoch, as the command "new_epoch" asks for. What is kept stays
  // in its own epoch and is still sent.
  absl::Status StartEpoch();

  // The next uplink that is due at `now`, if any; call until there is none.
  std::optional<telemetry::v1::Uplink> Next(absl::Time now);

  // When Next may have something again without a new record or receipt;
  // InfiniteFuture when nothing waits.
  absl::Time next_due() const;

  // Everything unsettled is due at once: the connection is new.
  void SendAllAgain();

  // Forgets what the receipt settles; returns how many records that were. A
  // receipt of another lane or of an unknown epoch settles nothing.
  absl::StatusOr<size_t> Settle(const telemetry::v1::Receipt& receipt, absl::Time now);

  // True while the record waits for its receipt.
  bool Keeps(uint64_t epoch, uint64_t seq) const;

  uint64_t epoch() const { return queues_.back().epoch; }
  size_t size() const { return records_; }
  size_t bytes() const { return bytes_; }
  // Records given up because the outbox was full.
  uint64_t dropped() const { return dropped_; }

 private:
  struct Queue {
    uint64_t epoch = 0;
    uint64_t next_seq = 1;
    std::map<uint64_t, std::string> bodies;
    // Highest sequence sent in this round; 0 for none.
    uint64_t sent_through = 0;
    int attempt = 0;
    absl::Time resend_at = absl::InfiniteFuture();
  };

  Outbox(telemetry::v1::Lane lane, OutboxOptions options, Storage& storage, Random random);

  absl::Status Load();
  absl::Status MakeRoom(size_t bytes);
  absl::Status DropOldest();
  absl::Status Forget(Queue& queue, uint64_t through);
  absl::Status EndEmptyEpochs();
  void StartRoundAgainIfDue(Queue& queue, absl::Time now);
  std::optional<telemetry::v1::Uplink> Take(Queue& queue, absl::Time now);
  absl::Duration BackOff(int attempt);
  Queue* Find(uint64_t epoch);

  const telemetry::v1::Lane lane_;
  const OutboxOptions options_;
  Storage& storage_;
  Random random_;
  // Oldest epoch first; never empty; the last takes new records.
  std::deque<Queue> queues_;
  size_t records_ = 0;
  size_t bytes_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace nara::device_client
