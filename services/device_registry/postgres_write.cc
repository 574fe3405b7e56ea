#include "device_registry/postgres_write.h"

#include <google/protobuf/util/json_util.h>

namespace nara::registry {
namespace {

constexpr char kNextRevision[] = "update revision set value = value + 1 returning value";

constexpr char kAudit[] = R"sql(
insert into changes (revision, ordinal, actor, action, object, id, detail)
select $1::bigint, $2::int + t.n - 1, $3, $4, $5, t.id, t.detail::jsonb
from unnest($6::text[], $7::text[]) with ordinality as t (id, detail, n))sql";

}  // namespace

std::string DetailOf(const google::protobuf::Message& message) {
  std::string text;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  return status.ok() ? text : "{}";
}

absl::Status PostgresStore::Write::Audit(const std::string& action, const std::string& object,
                                         const std::vector<std::string>& ids, const std::vector<std::string>& details) {
  const int first = next_ordinal_;
  next_ordinal_ += static_cast<int>(ids.size());
  return Execute(kAudit, {revision_, first, actor_.id, action, object, ids, details}).status();
}

absl::Status PostgresStore::Write::Audit(const std::string& action, const std::string& object, const std::string& id,
                                         const google::protobuf::Message& detail) {
  return Audit(action, object, {id}, {DetailOf(detail)});
}

absl::Status PostgresStore::RunOnce(PostgresConnection& connection, const Actor& actor,
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

absl::Status PostgresStore::Run(const Actor& actor, absl::FunctionRef<absl::Status(Write&)> work) {
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
