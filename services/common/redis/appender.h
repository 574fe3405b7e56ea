#pragma once

// The C++ face of `append` (append.lua), the only gate to the logs.
//
// One AppendCall is one uplink of one device: it is carried out whole and alone.
// Some of a shard go in one FCALL, and a batch is pipelined, so that one fsync of
// the server serves all of it. When Append returns, every call with an OK status is
// durable (appendfsync always), also on as many replicas as the options say, and may
// be receipted.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/mqtt/shard.h"
#include "common/redis/connection.h"
#include "common/redis/keys.h"
#include "common/redis/shard_directory.h"

namespace nara {

// Largest sequence, and largest `from`: Redis' functions count in doubles.
inline constexpr std::uint64_t kMaxSequence = (std::uint64_t{1} << 53) - 1;
// A record further than this beyond the watermark is not taken.
inline constexpr int kWindow = 64;
// Epochs remembered for a device and lane.
inline constexpr int kEpochs = 4;
// Hash ids remembered for a device and lane.
inline constexpr int kHashIds = 256;

// What becomes of a record that is new.
enum class AppendTo : std::uint8_t {
  kAlarmLog = 1,
  kMeasurementLog = 2,
  kQuarantineLog = 3,
  kSettle = 4,  // counts for the receipt, is written nowhere
};

struct AppendRecord {
  // Position in the epoch, 1 to kMaxSequence; 0 for a record without a sequence,
  // which then has a hash id.
  std::uint64_t seq = 0;
  // For seq 0: the hash of device, kind, device time and values.
  std::uint64_t hash_id = 0;
  // For seq 0: suppressed for 10 minutes when true, for 24 hours when false.
  bool alarm_class = false;
  // For seq 0: about the device, not from it. Remembered for 10 minutes apart from
  // what it sends, so that no flood of its records makes it new again.
  bool technical = false;
  AppendTo to = AppendTo::kMeasurementLog;
  // Hash of what the device sent (not of the payload here, which carries our
  // clock). The same sequence with another digest is a conflict. 23 bits of it are
  // kept, for the last 64 sequences.
  std::uint64_t digest = 0;
  // Serialized LogRecord, or Quarantined for the quarantine log.
  std::string payload;
};

struct AppendCall {
  std::string device;  // gives the shard
  Lane lane = Lane::kMeasurement;
  std::uint64_t token = 0;  // from TakeShardToken
  // 0 for a sender without a sequence: then nothing is bound and through is 0.
  std::uint64_t epoch = 0;
  // The oldest sequence the device still keeps; 0 for not said.
  std::uint64_t from = 0;
  // The assignment that the records were built for; "" for none. At most 255 bytes.
  // An epoch seen only with "" is bound by the first call that names one.
  std::string assignment;
  std::chrono::system_clock::time_point now;
  std::vector<AppendRecord> records;
};

enum class RecordResult : std::uint8_t {
  kAppended,      // written now (or settled, for kSettle)
  kDuplicate,     // was settled before: receipt it
  kInQuarantine,  // the same, and it went to quarantine then
  kConflict,      // the id was settled with other content: not written; receipt it,
                  // and append it to quarantine under a hash id of its content
  kBeyondWindow,  // neither written nor receipted: the device sends it again
};

struct AppendResult {
  // OK: carried out, and `records` has one entry for each record.
  // Aborted: the token is old, another process writes this shard; nothing written.
  // FailedPrecondition: see rebound.
  // InvalidArgument: the call breaks a limit above; nothing was sent.
  // Unavailable and others: unknown whether written; calling again is harmless.
  absl::Status status;
  // With FailedPrecondition: the epoch is bound to another assignment,
  // `assignment`; nothing was written. Build the records for that one, call again.
  bool rebound = false;
  // The assignment that the epoch is bound to.
  std::string assignment;
  // The watermark: every sequence up to it is settled.
  std::uint64_t through = 0;
  std::vector<RecordResult> records;
};

// Not thread-safe: one for each worker. Keeps one connection for each server and
// makes it anew after a loss.
class Appender {
 public:
  // Looks at each connection that was made, before anything is appended over it; with an error nothing is.
  using Greeting = std::function<absl::Status(RedisConnection&)>;

  // `directory` must outlive it; `options.address` is not used.
  Appender(ShardDirectory& directory, RedisOptions options, Greeting greeting = {});
  ~Appender();

  // Carries out the calls, those of one device in the order given. One result for
  // each call. Blocks for at most the connect and command deadlines.
  std::vector<AppendResult> Append(std::span<const AppendCall> calls);

  // Of the connections that there are, see RedisConnection.
  void RequireReplicas(int count);

 private:
  absl::StatusOr<RedisConnection*> ConnectionTo(const std::string& address);
  // The server may have been replaced: connect and look for the functions again.
  void Drop(const std::string& address);
  void Exchange(const std::string& address, std::span<const AppendCall> calls, std::span<const std::size_t> chosen,
                std::vector<AppendResult>& results);

  ShardDirectory& directory_;
  const RedisOptions options_;
  const Greeting greeting_;
  std::map<std::string, std::unique_ptr<RedisConnection>> connections_;
};

// Makes the caller the only writer of a shard's lane: every earlier token is
// refused from now on, also by the replicas that are required. Returns the token.
absl::StatusOr<std::uint64_t> TakeShardToken(RedisConnection& connection, int shard, Lane lane);

// Loads the function library when the server has none or an older version; leaves a
// newer one alone. Appender calls it for each connection it makes. True when it was
// loaded.
absl::StatusOr<bool> EnsureFunctions(RedisConnection& connection);

}  // namespace nara
