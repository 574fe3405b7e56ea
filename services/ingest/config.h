// Configuration of an ingest process (README.md lists the keys).
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/config/section.h"
#include "common/config/shared.h"
#include "common/mqtt/shard.h"
#include "ingest/device_limits.h"
#include "ingest/presence_keeper.h"

namespace nara::ingest {

struct Config : config::Service {
  Lane lane = Lane::kMeasurement;
  std::string mqtt;

  // Threads that judge and append; each serves a part of the shards. More use more cores, and more connections.
  int workers = 2;
  // inbox: {max_bytes, segment_bytes, keep, keep_bytes}, of all 16 shards together and of one file. More room bridges a
  // longer loss of Redis, and costs disk.
  std::uint64_t inbox_max_bytes = std::uint64_t{1} << 30;
  std::size_t inbox_segment_bytes = 1 << 20;
  // How long what is in a log stays in the inbox, to be appended again when another Redis takes over, and how much of
  // it at the most; nothing with a single Redis. Longer forgives a replica that was behind for longer, and makes
  // receipts wait longer after a take-over. 256 MiB are 60 s of some 15,000 measurements/s.
  absl::Duration inbox_keep = absl::Seconds(60);
  std::uint64_t inbox_keep_bytes = 256 << 20;
  // Least time between two receipts of a device on the measurement lane.
  absl::Duration receipt_interval = absl::Milliseconds(20);
  // Entries of a log older than this go, once every consumer has them. Longer lets a consumer be away longer, and costs
  // Redis memory.
  absl::Duration log_retention = absl::Hours(24);
  // Part of Redis' memory at which this lane stops appending; the inbox fills then, and devices keep what they have.
  double memory_limit = 0.7;
  // Quarantined records kept for a device; the oldest go. More costs PostgreSQL up to 64 kB each.
  int quarantine_per_device = 2000;
  // device_limits: {measurement_burst, measurements_per_second, alarm_burst, alarms_per_second}, of one device: what
  // each costs stands there.
  DeviceLimitOptions device_limits;
  // presence: {judge_each, least_grace, return_hold, never_seen_after, settle}, on the alarm lane: what each costs
  // stands in presence.h, hearing_clock.h and presence_keeper.h.
  PresenceOptions presence;
};

// Reads all keys and ends with Finish: InvalidArgument names file, line and key.
absl::StatusOr<Config> ReadConfig(config::Section& root);

}  // namespace nara::ingest
