#include "device_registry/assortment/postgres_store.h"

#include <optional>

#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/postgres_rows.h"

namespace nara::registry {
namespace {

constexpr char kChoices[] = R"sql(
select n.now, a.principal, a.product, lower(a.period) as from_at, upper(a.period) as until_at, a.revision
from (select now() as now) n left join assortment a on a.principal = $1)sql";

constexpr char kChoice[] = R"sql(
select principal, product, lower(period) as from_at, upper(period) as until_at, revision
from assortment where principal = $1 and product = $2)sql";

constexpr char kKeep[] = R"sql(
insert into assortment_history select principal, product, period, revision, $3::bigint
from assortment where principal = $1 and product = $2)sql";

constexpr char kPut[] = R"sql(
insert into assortment (principal, product, period, revision)
values ($1, $2, tstzrange($3::timestamptz, $4::timestamptz, '[)'), $5::bigint)
on conflict (principal, product) do update set period = excluded.period, revision = excluded.revision)sql";

v1::ProductChoice ChoiceOf(const Row& row) {
  v1::ProductChoice choice;
  choice.set_principal(row.String("principal"));
  choice.set_product(row.String("product"));
  *choice.mutable_from() = ToProto(row.Time("from_at"));
  if (const auto until = row.OptionalTime("until_at")) *choice.mutable_until() = ToProto(*until);
  choice.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
  return choice;
}

bool SamePeriod(const v1::ProductChoice& a, const v1::ProductChoice& b) {
  const bool ends = a.has_until() == b.has_until() && ToChrono(a.until()) == ToChrono(b.until());
  return ends && ToChrono(a.from()) == ToChrono(b.from());
}

absl::Status Stale(const v1::ProductChoice& choice) {
  return rpc::Error(absl::StatusCode::kAborted, "STALE_VERSION", "the choice has changed since; read it again",
                    {{"principal", choice.principal()}, {"product", choice.product()}});
}

absl::Status PutNow(Write& write, v1::ProductChoice& stored) {
  const absl::StatusOr<Result> rows = write.Execute(kChoice, {stored.principal(), stored.product()});
  if (!rows.ok()) return rows.status();
  v1::ProductChoice before;
  if (!rows->empty()) before = ChoiceOf((*rows)[0]);
  if (!rows->empty() && SamePeriod(before, stored)) {
    stored = before;
    return absl::OkStatus();
  }
  if (before.revision() != stored.revision()) return Stale(stored);
  absl::Status status = write.Execute(kKeep, {stored.principal(), stored.product(), write.revision()}).status();
  if (!status.ok()) return status;
  std::optional<TimePoint> until;
  if (stored.has_until()) until = ToChrono(stored.until());
  stored.set_revision(static_cast<std::uint64_t>(write.revision()));
  status = write.Execute(kPut, {stored.principal(), stored.product(), ToChrono(stored.from()), until, write.revision()})
               .status();
  if (!status.ok()) return status;
  return write.AuditChange("put", "product_choice", stored.principal() + "/" + stored.product(), before, stored);
}

}  // namespace

absl::StatusOr<Choices> PostgresAssortment::ChoicesOf(const std::string& principal) {
  const absl::StatusOr<Result> rows = database_.Query(kChoices, {principal});
  if (!rows.ok()) return rows.status();
  Choices choices;
  for (const Row row : *rows) {
    choices.now = ToProto(row.Time("now"));
    if (!row.IsNull("product")) choices.by_product.emplace(row.String("product"), ChoiceOf(row));
  }
  return choices;
}

absl::StatusOr<v1::ProductChoice> PostgresAssortment::Put(const Actor& actor, const v1::ProductChoice& choice) {
  v1::ProductChoice stored;
  const absl::Status status = database_.Run(actor, [&](Write& write) {
    stored = choice;
    return PutNow(write, stored);
  });
  if (!status.ok()) return status;
  return stored;
}

}  // namespace nara::registry
