// The crash-safe hand-over from the MQTT client to the log, for one shard.
//
// Paho acknowledges a message to the MQTT server when its callback returns. The callback therefore appends the frame
// here and returns at once; a worker reads it, appends it to the log, and releases it. What was appended survives the
// death of the process at any instant (the kernel keeps the pages), not the loss of power: a device's receipt promises
// that, and is sent after the log has been fsynced.
//
// Positions only grow: a frame's position is the begin of its segment plus its offset in it. What is released is one
// watermark, saved lazily: after a crash a little is read again, and the log counts it once. What is released can be
// kept for a time, to be read again when the log turns out to lack it.
//
// Deliberately missing: fsync (see above), and an index. Whoever reads begins at the watermark.
//
// Threads: one thread appends (Paho's), one reads, releases and prepares (the shard's worker).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ingest/frame.h"
#include "ingest/segment.h"

namespace nara::ingest {

struct InboxOptions {
  // Folder of this shard; made if it is missing.
  std::string dir;
  // Size of one file, at least one largest frame. Larger files are made and removed less often, and take more room when
  // there is little to keep.
  std::size_t segment_bytes = 1 << 20;
  // Everything that is not released may take this much. More room bridges a longer loss of Redis, and costs disk and
  // time to catch up.
  std::uint64_t max_bytes = 64 << 20;
  // What is released stays so long, but about `keep_bytes` of it at the most. More is lost by less when Redis loses
  // what it said that it had, and costs disk.
  absl::Duration keep = absl::ZeroDuration();
  std::uint64_t keep_bytes = 0;
};

// Some frames in order. The frames point into `data`, which stays where it is when the batch is moved: a frame is
// longer than what a string keeps inside itself.
struct InboxBatch {
  std::vector<Frame> frames;
  // Where to go on reading, also when there are no frames.
  std::uint64_t next_position = 0;
  // Unfinished or damaged ends that were skipped.
  int torn = 0;
  std::string data;
};

class Inbox {
 public:
  // Opens what an earlier process left, or begins anew. Frames after a torn one in the newest file are dropped: they
  // were never acknowledged. DataLoss never: what cannot be read is counted by Read. An error is the disk's.
  static absl::StatusOr<std::unique_ptr<Inbox>> Open(const InboxOptions& options);

  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // Keeps a frame. ResourceExhausted when the inbox or the disk is full, InvalidArgument when the frame is larger than
  // anything that the MQTT server lets through.
  absl::Status Append(Arrival arrival, std::string_view topic, std::string_view payload);

  // Frames from `position` on, which is the watermark, Kept() or a batch's next_position: at most about `max_bytes`, at
  // least one if there is any.
  absl::StatusOr<InboxBatch> Read(std::uint64_t position, std::size_t max_bytes) const;

  // When the oldest frame came that is not released; InfiniteFuture when there is none. May be called from any thread.
  absl::StatusOr<absl::Time> OldestArrival() const;

  // Says that everything before `position` is in a log; `now` is monotonic. Removes files that are not needed any more,
  // but none while the caller reads again what is kept: `position` lies before the watermark then.
  void Release(std::uint64_t position, absl::Duration now = absl::ZeroDuration());

  // What was released at a time within `keep` begins here; the watermark when nothing is kept.
  std::uint64_t kept() const { return kept_.load(std::memory_order_acquire); }

  // Writes the watermark, and where what is kept begins, to disk if it moved. Not saving costs reading again after a
  // restart.
  absl::Status Save();

  // Makes the next file ahead of need, so that a full disk is noticed while there is still room for what comes.
  // ResourceExhausted when it cannot.
  absl::Status Prepare();

  std::uint64_t released() const { return released_.load(std::memory_order_acquire); }
  std::uint64_t end() const { return end_.load(std::memory_order_acquire); }

  // How much is not released, in bytes and as part of the bound.
  std::uint64_t used() const { return end() - released(); }
  double fullness() const { return static_cast<double>(used()) / static_cast<double>(options_.max_bytes); }

 private:
  using SegmentPointer = std::shared_ptr<Segment>;

  explicit Inbox(const InboxOptions& options);
  absl::Status LoadSegments();
  absl::Status RecoverTail();
  absl::Status LoadWatermark();
  absl::Status Rotate();
  bool keeps() const { return options_.keep > absl::ZeroDuration(); }
  void MoveKept(absl::Duration now);
  // What is kept beyond keep_bytes begins before this: the begin of a file.
  std::uint64_t LeastKeptLocked() const;
  absl::Status MakeSpareLocked();
  // The segment that holds `position`, or the first after it; null when there is none.
  SegmentPointer Holding(std::uint64_t position) const;
  InboxBatch Parse(std::string data, std::uint64_t position, const Segment& segment, std::uint64_t end) const;

  const InboxOptions options_;
  int watermark_fd_ = -1;
  // The saver's: released and kept as they are on disk.
  std::uint64_t saved_ = 0;
  std::uint64_t saved_kept_ = 0;

  // The watermark as it was at a time (monotonic).
  struct Mark {
    absl::Duration at;
    std::uint64_t released = 0;
  };
  std::deque<Mark> marks_;  // the reader's

  std::atomic<std::uint64_t> released_{0};
  std::atomic<std::uint64_t> kept_{0};
  std::atomic<std::uint64_t> end_{0};
  SegmentPointer tail_;  // the writer's

  mutable std::mutex mutex_;
  // State below is protected by mutex_.
  std::map<std::uint64_t, SegmentPointer> segments_;
  SegmentPointer spare_;
};

}  // namespace nara::ingest
