// The queries of history, as text and parameters. Only the conditions that a query
// has are in its text, so that each form gets the plan that suits it.
#pragma once

#include <string>
#include <string_view>
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

// The columns of a row of history; the reach must not be nothing.
inline constexpr std::string_view kRowColumns =
    "lane, shard, position_ms, position_seq, assignment, resident, route_revision, principal, unit, observation";
Query ReplaySql(const ReplayQuery& query);
Query ListSql(const ListQuery& query);

// The columns of notices, and those of the row that is reissued: null where its unit is
// another by now.
Query NoticesSql(const NoticeQuery& query);

}  // namespace nara::broker
