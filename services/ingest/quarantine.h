// Quarantine at rest: what was held or rejected, where it can be looked at.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/access/authorizer.h"
#include "common/mqtt/shard.h"
#include "common/postgres/log_positions.h"
#include "ingest/refusal.h"
#include "nara/ingest/v1/ingest.pb.h"

namespace nara::ingest {

// One entry with who answered for care when and where it was produced; nobody when that is in doubt.
struct QuarantineRow {
  nara::ingest::v1::Quarantined record;
  std::string principal;
  std::string unit;
  std::string owner;
};

// A page of entries, newest first, without payloads.
struct QuarantinePage {
  std::vector<nara::ingest::v1::Quarantined> records;
  std::string next_page_token;
  std::int64_t total = 0;
};

struct QuarantineQuery {
  std::string device;  // empty: all
  std::string reason;  // empty: all
  bool with_settled = false;
  int page_size = 100;
  std::string page_token;
};

// What is held of a device and lane.
struct HeldQuery {
  std::string device;
  Lane lane = Lane::kMeasurement;
  std::vector<std::string> ids;  // none: all
};

// What became of an entry when it was judged anew.
struct ReplayAnswer {
  enum class What { kReplayed, kHeld, kRejected };
  std::string id;
  What what = What::kHeld;
  Refusal refusal;  // when it was not replayed
};

// What became of all, and whether there were more than one call takes.
struct ReplayOutcome {
  std::vector<ReplayAnswer> answers;
  bool more = false;
};

// Who decides, and why.
struct Decider {
  std::string caller;
  std::string reason;
};

// Where the mover puts what it read from the logs. One thread.
class QuarantineStore {
 public:
  virtual ~QuarantineStore() = default;

  // Shards that are ours, with their positions; to be called again within a third of the lease.
  virtual absl::StatusOr<std::vector<ShardLease>> Acquire() = 0;

  // Stores rows (those that are there already stay as they are), drops what is too old for its device, and moves the
  // position: all or nothing. Aborted when somebody else moves this shard.
  virtual absl::Status Store(const std::vector<QuarantineRow>& rows, const PositionStep& step) = 0;
};

// Where people look. Any thread.
class QuarantineShelf {
 public:
  virtual ~QuarantineShelf() = default;

  // Only what the scope reaches. InvalidArgument for a page token that is none.
  virtual absl::StatusOr<QuarantinePage> List(const QuarantineQuery& query, const Scope& scope) = 0;

  // NotFound when there is none such.
  virtual absl::StatusOr<QuarantineRow> Get(const std::string& id) = 0;

  // Remembers that somebody looked at a payload.
  virtual absl::Status Audit(const std::string& id, const std::string& caller) = 0;

  // At most so many entries in a call.
  static constexpr int kMostAtOnce = 1000;
  using Deliver = std::function<absl::StatusOr<std::vector<ReplayAnswer>>(std::vector<QuarantineRow>)>;

  // Takes entries that are held and not settled, with their payloads, lets `deliver` judge them, and writes down what
  // became of each, audited: all or nothing. Nobody else settles them meanwhile.
  virtual absl::StatusOr<ReplayOutcome> Replay(const HeldQuery& query, const Decider& decider,
                                               const Deliver& deliver) = 0;

  // Settles entries as never to be delivered and drops their payloads, audited. Those that it settled; others were
  // before.
  virtual absl::StatusOr<std::vector<std::string>> Discard(const std::vector<std::string>& ids,
                                                           const Decider& decider) = 0;
};

}  // namespace nara::ingest
