// The assortment's store in PostgreSQL.
#pragma once

#include <string>

#include "device_registry/assortment/store.h"
#include "device_registry/database.h"

namespace nara::registry {

class PostgresAssortment final : public AssortmentStore {
 public:
  // The database must outlive it.
  explicit PostgresAssortment(Database& database) : database_(database) {}

  absl::StatusOr<Choices> ChoicesOf(const std::string& principal) override;
  absl::StatusOr<v1::ProductChoice> Put(const Actor& actor, const v1::ProductChoice& choice) override;

 private:
  Database& database_;
};

}  // namespace nara::registry
