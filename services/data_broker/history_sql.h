// The queries of history, as text and parameters. Only the conditions that a query
// has are in its text, so that each form gets the plan that suits it.
#pragma once

#include <string>
#include <vector>

#include "common/postgres/param.h"
#include "data_broker/ports.h"

namespace nara::broker {

// The numbers of lanes in history rows.
constexpr int LaneNumber(Log log) {
  return log == Log::kAlarm ? 1 : 0;
}
constexpr Log LogOfLane(int number) {
  return number == 1 ? Log::kAlarm : Log::kMeasurement;
}

struct Query {
  std::string sql;
  std::vector<Param> params;
};

// Both give the columns lane, shard, position_ms, position_seq, assignment,
// route_revision, principal, unit, observation. The reach must not be nothing.
Query ReplaySql(const ReplayQuery& query);
Query ListSql(const ListQuery& query);

}  // namespace nara::broker
