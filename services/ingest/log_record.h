// What stands in a log of an accepted record.
#pragma once

#include <cstdint>

#include "common/mqtt/shard.h"
#include "common/redis/appender.h"
#include "ingest/judge.h"
#include "ingest/origin.h"
#include "nara/registry/v1/registry.pb.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::ingest {

nara::telemetry::v1::Lane ToProto(Lane lane);

// A record as the device sent it, and as it is delivered, in the catalogue's units.
struct JudgedRecord {
  const nara::telemetry::v1::Record& sent;
  const nara::telemetry::v1::Record& delivered;
  const Verdict& verdict;
};

// The call's record without its sequence or hash id. `epoch` is 0 for a sender without one. REQUIRES: accepted.
AppendRecord ForLog(const Origin& origin, const nara::registry::v1::Route& route, const std::string& assignment,
                    std::uint64_t epoch, const JudgedRecord& record);

}  // namespace nara::ingest
