// The organisation in PostgreSQL (organisation/schema.cc).
#pragma once

#include <string>
#include <vector>

#include "common/catalogue/catalogue.h"
#include "device_registry/database.h"
#include "device_registry/identity_keys.h"
#include "device_registry/organisation/store.h"

namespace nara::registry {

class PostgresOrganisation final : public OrganisationStore {
 public:
  // Both must outlive it.
  PostgresOrganisation(Database& database, const IdentityKeys& keys) : database_(database), keys_(keys) {}

  // Knows the catalogue's agreements; the database is prepared already.
  absl::Status Prepare(const Catalogue& catalogue);

  absl::StatusOr<std::vector<v1::Unit>> ListUnits(const UnitQuery& query) override;
  absl::StatusOr<std::vector<v1::Provider>> ListProviders(const ProviderQuery& query) override;
  absl::StatusOr<std::vector<v1::Participation>> ListParticipations(const ParticipationQuery& query) override;
  absl::StatusOr<std::vector<v1::Staff>> ListStaff(const StaffQuery& query) override;
  absl::StatusOr<std::vector<v1::StaffAssignment>> ListStaffAssignments(const StaffAssignmentQuery& query) override;
  absl::StatusOr<std::optional<std::string>> FindStaff(const std::string& id) override;
  absl::StatusOr<std::optional<v1::Unit>> FindUnit(const std::string& id) override;

  absl::StatusOr<v1::Unit> PutUnit(const Actor& actor, const v1::Unit& unit, const Before<v1::Unit>& guard) override;
  absl::StatusOr<v1::Provider> PutProvider(const Actor& actor, const v1::Provider& provider,
                                           const Before<v1::Provider>& guard) override;
  absl::StatusOr<v1::Participation> PutParticipation(const Actor& actor, const v1::Participation& participation,
                                                     const Before<v1::Participation>& guard) override;
  absl::StatusOr<v1::Staff> PutStaff(const Actor& actor, const v1::Staff& staff,
                                     const Before<v1::Staff>& guard) override;
  absl::StatusOr<v1::StaffAssignment> PutStaffAssignment(const Actor& actor, const v1::StaffAssignment& assignment,
                                                         const std::string& new_id,
                                                         const Before<v1::StaffAssignment>& guard) override;

 private:
  absl::StatusOr<v1::Staff> StaffOf(const Row& row) const;

  Database& database_;
  const IdentityKeys& keys_;
};

}  // namespace nara::registry
