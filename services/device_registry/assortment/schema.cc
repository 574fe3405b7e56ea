#include "device_registry/assortment/schema.h"

namespace nara::registry {

const std::string_view kAssortmentSchema = R"sql(
-- From when to when a principal uses a product: one period of each, and what it was
-- before with the revision that superseded it. Products are the catalogue's: one that
-- leaves it stays here.
create table assortment (
  principal text not null references principals,
  product   text not null,
  period    tstzrange not null
    check (not isempty(period) and lower(period) is not null and lower_inc(period) and not upper_inc(period)),
  revision  bigint not null,
  primary key (principal, product)
);

create table assortment_history (
  principal     text not null,
  product       text not null,
  period        tstzrange not null,
  revision      bigint not null,
  superseded_by bigint not null
);
create index assortment_history_by_choice on assortment_history (principal, product);
)sql";

}  // namespace nara::registry
