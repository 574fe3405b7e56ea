// The stores of responsibility in PostgreSQL. The exclusion constraint and the deferred
// foreign keys of the schema hold whatever a program does.
#pragma once

#include "device_registry/database.h"
#include "device_registry/responsibility/store.h"

namespace nara::registry {

class PostgresAssignments final : public AssignmentStore {
 public:
  // The database must outlive it.
  explicit PostgresAssignments(Database& database) : database_(database) {}

  absl::StatusOr<v1::Assignment> Assign(const Actor& actor, const NewAssignment& assignment) override;
  absl::StatusOr<v1::Assignment> End(const Actor& actor, const v1::EndAssignmentRequest& request,
                                     const AssignmentGuard& guard) override;
  absl::StatusOr<v1::Assignment> Transfer(const Actor& actor, const v1::TransferResponsibilityRequest& request,
                                          const v1::Unit& unit, const AssignmentGuard& guard) override;

 private:
  Database& database_;
};

}  // namespace nara::registry
