#include "device_registry/database.h"

#include <google/protobuf/util/json_util.h>

#include <utility>

#include "common/time/proto_time.h"
#include "device_registry/schema.h"

namespace nara::registry {
namespace {

constexpr char kNextRevision[] = "update revision set value = value + 1 returning value";

constexpr char kNow[] = "select now() as now";

constexpr char kAudit[] = R"sql(
insert into changes (revision, ordinal, actor, via, reason, action, object, id, before, detail)
select $1::bigint, $2::int + t.n - 1, $3, $4, $5, $6, $7, t.id, nullif(t.before, '')::jsonb, t.detail::jsonb
from unnest($8::text[], $9::text[], $10::text[]) with ordinality as t (id, before, detail, n))sql";

}  // namespace

std::string DetailOf(const google::protobuf::Message& message) {
  std::string text;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  return status.ok() ? text : "{}";
}

absl::StatusOr<google::protobuf::Timestamp> Write::Now() {
  const absl::StatusOr<Result> now = Execute(kNow, {});
  if (!now.ok()) return now.status();
  return ToProto((*now)[0].Time("now"));
}

absl::Status Write::Record(const std::string& action, const std::string& object, const std::vector<std::string>& ids,
                           const std::vector<std::string>& befores, const std::vector<std::string>& details) {
  const int first = next_ordinal_;
  next_ordinal_ += static_cast<int>(ids.size());
  return Execute(kAudit,
                 {revision_, first, actor_.id, actor_.via, actor_.reason, action, object, ids, befores, details})
      .status();
}

absl::Status Write::Audit(const std::string& action, const std::string& object, const std::vector<std::string>& ids,
                          const std::vector<std::string>& details) {
  return Record(action, object, ids, std::vector<std::string>(ids.size()), details);
}

absl::Status Write::Audit(const std::string& action, const std::string& object, const std::string& id,
                          const google::protobuf::Message& detail) {
  return Record(action, object, {id}, {""}, {DetailOf(detail)});
}

absl::Status Write::AuditChange(const std::string& action, const std::string& object, const std::string& id,
                                const google::protobuf::Message& before, const google::protobuf::Message& after) {
  return Record(action, object, {id}, {DetailOf(before)}, {DetailOf(after)});
}

Database::Database(PostgresOptions options, std::size_t connections, std::function<void()> committed)
    : options_(options),
      connections_(connections),
      pool_(std::move(options), connections),
      committed_(std::move(committed)) {}

absl::Status Database::Prepare() {
  auto loan = pool_.Acquire();
  if (!loan.ok()) return loan.status();
  return Migrate(**loan, options_.schema, Migrations());
}

absl::StatusOr<Result> Database::Query(std::string_view sql, std::initializer_list<Param> params) {
  absl::StatusOr<Result> result = absl::UnavailableError("no connection");
  for (std::size_t stale = 0; stale <= connections_ && absl::IsUnavailable(result.status()); ++stale) {
    auto loan = pool_.Acquire();
    if (!loan.ok()) return loan.status();
    result = (*loan)->Execute(sql, params);
  }
  return result;
}

absl::Status Database::RunOnce(PostgresConnection& connection, const Actor& actor,
                               absl::FunctionRef<absl::Status(Write&)> work, bool& begun) {
  bool changed = false;
  const auto attempt = [&](Transaction& transaction) -> absl::Status {
    const absl::StatusOr<Result> next = transaction.Execute(kNextRevision);
    if (!next.ok()) return next.status();
    begun = true;
    Write write(transaction, actor, (*next)[0].Int64("value"));
    if (absl::Status status = work(write); !status.ok()) return status;
    changed = write.changed();
    // Nothing changed: rolling back gives the revision back, and nobody is woken.
    return changed ? absl::OkStatus() : absl::CancelledError("nothing changed");
  };
  const absl::Status status = RunTransaction(connection, Isolation::kReadCommitted, attempt);
  if (absl::IsCancelled(status) && !changed) return absl::OkStatus();
  if (status.ok()) committed_();
  return status;
}

absl::Status Database::Run(const Actor& actor, absl::FunctionRef<absl::Status(Write&)> work) {
  absl::Status status = absl::UnavailableError("no connection");
  bool begun = false;
  for (std::size_t stale = 0; stale <= connections_ && absl::IsUnavailable(status) && !begun; ++stale) {
    auto loan = pool_.Acquire();
    if (!loan.ok()) return loan.status();
    status = RunOnce(**loan, actor, work, begun);
  }
  return status;
}

}  // namespace nara::registry
