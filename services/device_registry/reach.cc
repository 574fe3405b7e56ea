#include "device_registry/reach.h"

#include <utility>

namespace nara::registry {
namespace {

// Each part walks an index from where the last piece ended; with one limit for all of
// them nothing between the ids of a piece is missed.
constexpr char kDevices[] = R"sql(
select distinct id from (
  (select id from devices where owner = $2 and id > $1 order by id limit 200)
  union all
  (select distinct device from reach where principal = $2 and device > $1 order by device limit 200)
  union all
  (select distinct device from reach where unit = any($3::text[]) and device > $1 order by device limit 200)) as u
order by id limit 200)sql";

constexpr char kResidents[] = R"sql(
select distinct id from (
  (select id from residents where principal = $2 and id > $1 order by id limit 200)
  union all
  (select distinct resident from reach where principal = $2 and resident > $1 order by resident limit 200)
  union all
  (select distinct resident from reach where unit = any($3::text[]) and resident > $1 order by resident limit 200)) as u
order by id limit 200)sql";

absl::Status Walk(Database& database, const char* sql, ReachQuery query, TakeIds take) {
  for (;;) {
    const absl::StatusOr<Result> rows = database.Query(sql, {query.after, query.principal, query.units});
    if (!rows.ok()) return rows.status();
    if (rows->empty()) return absl::OkStatus();
    std::vector<std::string> ids;
    for (const Row row : *rows) ids.push_back(row.String("id"));
    const absl::StatusOr<bool> full = take(ids);
    if (!full.ok()) return full.status();
    if (*full) return absl::OkStatus();
    query.after = ids.back();
  }
}

}  // namespace

absl::Status WalkDevices(Database& database, ReachQuery query, TakeIds take) {
  return Walk(database, kDevices, std::move(query), take);
}

absl::Status WalkResidents(Database& database, ReachQuery query, TakeIds take) {
  return Walk(database, kResidents, std::move(query), take);
}

}  // namespace nara::registry
