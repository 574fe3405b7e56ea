#include "device_registry/assortment/postgres_chosen.h"

#include "common/rpc/error.h"

namespace nara::registry {
namespace {

constexpr char kNotChosen[] = R"sql(
select w.principal, w.product
from unnest($1::text[], $2::text[]) as w (principal, product)
where exists (select from assortment a
              where a.principal = w.principal and lower(a.period) <= coalesce($3::timestamptz, now()))
  and not exists (select from assortment a where a.principal = w.principal and a.product = w.product
                  and a.period @> coalesce($3::timestamptz, now()))
limit 1)sql";

constexpr char kDeviceNotChosen[] = R"sql(
select $1::text as principal, d.product from devices d
where d.id = $2
  and exists (select from assortment a where a.principal = $1 and lower(a.period) <= coalesce($3::timestamptz, now()))
  and not exists (select from assortment a where a.principal = $1 and a.product = d.product
                  and a.period @> coalesce($3::timestamptz, now())))sql";

absl::Status Explain(const absl::StatusOr<Result>& missing) {
  if (!missing.ok()) return missing.status();
  if (missing->empty()) return absl::OkStatus();
  const Row row = (*missing)[0];
  return rpc::Error(absl::StatusCode::kFailedPrecondition, "PRODUCT_NOT_CHOSEN",
                    "the principal does not use this product then; choose it first (PutAssortment)",
                    {{"principal", row.String("principal")}, {"product", row.String("product")}});
}

}  // namespace

absl::Status CheckChosen(Write& write, const std::vector<WantedProduct>& wanted, const std::optional<TimePoint>& at) {
  std::vector<std::string> principals, products;
  for (const WantedProduct& one : wanted) {
    principals.push_back(one.principal);
    products.push_back(one.product);
  }
  return Explain(write.Execute(kNotChosen, {principals, products, at}));
}

absl::Status CheckDeviceChosen(Write& write, const std::string& principal, const std::string& device,
                               const std::optional<TimePoint>& at) {
  return Explain(write.Execute(kDeviceNotChosen, {principal, device, at}));
}

}  // namespace nara::registry
