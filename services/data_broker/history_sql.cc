#include "data_broker/history_sql.h"

#include <utility>

namespace nara::broker {
namespace {

constexpr std::string_view kNewestFirst = " order by effective_at desc, id desc limit ";
constexpr std::string_view kEpoch = "timestamptz 'epoch' + ";
constexpr std::string_view kMicros = "::bigint * interval '1 microsecond'";

class Builder {
 public:
  // "$n" of a new parameter.
  std::string Add(Param param) {
    params_.push_back(std::move(param));
    return "$" + std::to_string(params_.size());
  }
  std::string Time(std::int64_t micros) { return std::string(kEpoch) + Add(micros) + std::string(kMicros); }
  Builder& operator<<(std::string_view text) {
    sql_ += text;
    return *this;
  }
  Query Build() { return {std::move(sql_), std::move(params_)}; }

 private:
  std::string sql_;
  std::vector<Param> params_;
};

std::string OwnedBy(Builder& builder, const Audience::Reach& reach) {
  return reach.principal.empty() ? "unit = any (" + builder.Add(reach.units) + "::text[])"
                                 : "principal = " + builder.Add(reach.principal);
}

std::string Reached(Builder& builder, const Audience::Reach& reach) {
  const std::string own = OwnedBy(builder, reach);
  if (reach.residents.empty()) return own;
  return "(" + own + " or resident = any (" + builder.Add(reach.residents) + "::text[]))";
}

void OfKinds(Builder& builder, const std::set<std::string>& kinds) {
  if (kinds.empty()) return;
  builder << " and kind = any (" << builder.Add(std::vector<std::string>(kinds.begin(), kinds.end())) << "::text[])";
}

std::string PositionPair(Builder& builder, Position position) {
  return "(" + builder.Add(position.ms) + "::bigint, " + builder.Add(position.seq) + "::bigint)";
}

void Filter(Builder& builder, const ListQuery& query) {
  if (!query.device.empty()) builder << " and device = " << builder.Add(query.device);
  if (!query.resident.empty()) builder << " and resident = " << builder.Add(query.resident);
  if (!query.kind.empty()) builder << " and kind = " << builder.Add(query.kind);
  if (query.since_us) builder << " and effective_at >= " << builder.Time(*query.since_us);
  if (query.until_us) builder << " and effective_at < " << builder.Time(*query.until_us);
  if (!query.before) return;
  builder << " and (effective_at, id) < (" << builder.Time(query.before->effective_us) << ", "
          << builder.Add(query.before->id) << "::text)";
}

// The newest of each unit by its own index, then the newest of those.
Query ListByUnit(const ListQuery& query) {
  Builder builder;
  const std::string units = builder.Add(query.reach.units);
  const std::string limit = builder.Add(query.limit);
  builder << "select " << kRowColumns << " from unnest(" << units
          << "::text[]) as wanted (unit_id) cross join lateral (select * from observations where "
             "unit = unit_id";
  Filter(builder, query);
  builder << kNewestFirst << limit << ") as newest" << kNewestFirst << limit;
  return builder.Build();
}

}  // namespace

Query ReplaySql(const ReplayQuery& query) {
  Builder builder;
  const std::string pair = "(position_ms, position_seq)";
  builder << "select " << kRowColumns << " from observations where " << Reached(builder, query.reach)
          << " and lane = " << builder.Add(LaneNumber(query.log.log)) << " and shard = " << builder.Add(query.log.shard)
          << " and " << pair << " > " << PositionPair(builder, query.after) << " and " << pair
          << " <= " << PositionPair(builder, query.until);
  OfKinds(builder, query.kinds);
  builder << " order by position_ms, position_seq limit " << builder.Add(query.limit);
  return builder.Build();
}

Query ListSql(const ListQuery& query) {
  const bool narrow = !query.device.empty() || !query.resident.empty();
  const bool units_only = query.reach.principal.empty() && query.reach.residents.empty();
  if (units_only && !narrow) return ListByUnit(query);
  Builder builder;
  builder << "select " << kRowColumns << " from observations where " << Reached(builder, query.reach);
  Filter(builder, query);
  builder << kNewestFirst << builder.Add(query.limit);
  return builder.Build();
}

Query NoticesSql(const NoticeQuery& query) {
  Builder builder;
  // What consents open is told to nobody: a notice is for a unit.
  builder << "select * from (select number, withdrawn, principal, unit, id, device, kind, start_at, end_at, revision "
             "from notices where "
          << OwnedBy(builder, query.reach) << " and number > " << builder.Add(query.after)
          << " and number <= " << builder.Add(query.until);
  OfKinds(builder, query.kinds);
  builder << " order by number limit " << builder.Add(query.limit)
          << ") as n left join lateral (select lane, shard, position_ms, position_seq, assignment, resident, "
             "route_revision, observation from observations as o where not n.withdrawn and o.id = n.id and "
             "o.unit = n.unit) as r on true order by number";
  return builder.Build();
}

}  // namespace nara::broker
