// What the rules of the organisation need from PostgreSQL.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "device_registry/ports.h"
#include "device_registry/versioned_put.h"
#include "nara/registry/v1/organisation.pb.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry {

struct UnitQuery {
  Visible visible;
  std::string principal;  // empty: all
  std::string after;
  int limit = 0;
};

struct ProviderQuery {
  Visible visible;
  std::string principal;  // that they work for; empty: all
  std::string after;
  int limit = 0;
};

struct ParticipationQuery {
  std::string agreement;  // empty: all
  std::string principal;  // empty: all
  std::optional<google::protobuf::Timestamp> at;
  std::string after;
  int limit = 0;
};

struct StaffQuery {
  Visible visible;
  std::string principal;  // empty: all
  std::string after;
  int limit = 0;
};

struct StaffAssignmentQuery {
  Visible visible;
  std::string principal;  // empty: all
  std::string unit;       // empty: all
  std::string staff;      // empty: all
  v1::StaffRole role = v1::STAFF_ROLE_UNSPECIFIED;
  std::optional<google::protobuf::Timestamp> at;
  std::string after;
  int limit = 0;
};

// Thread-safe. Lists are by id. Each Put is one transaction with one revision and its
// audit (versioned_put.h); what comes back is what is stored in the end.
class OrganisationStore {
 public:
  virtual ~OrganisationStore() = default;

  virtual absl::StatusOr<std::vector<v1::Unit>> ListUnits(const UnitQuery& query) = 0;
  virtual absl::StatusOr<std::vector<v1::Provider>> ListProviders(const ProviderQuery& query) = 0;
  virtual absl::StatusOr<std::vector<v1::Participation>> ListParticipations(const ParticipationQuery& query) = 0;
  virtual absl::StatusOr<std::vector<v1::Staff>> ListStaff(const StaffQuery& query) = 0;
  virtual absl::StatusOr<std::vector<v1::StaffAssignment>> ListStaffAssignments(const StaffAssignmentQuery& query) = 0;

  // The principal in whose register a person is.
  virtual absl::StatusOr<std::optional<std::string>> FindStaff(const std::string& id) = 0;
  virtual absl::StatusOr<std::optional<v1::Unit>> FindUnit(const std::string& id) = 0;

  // NOT_FOUND, UNKNOWN_PROVIDER, when its provider is not there or does not work for
  // its principal; FAILED_PRECONDITION, REGIME_OF_OTHER_PROVIDER, when it works under
  // a law that its provider does not.
  virtual absl::StatusOr<v1::Unit> PutUnit(const Actor& actor, const v1::Unit& unit, const Before<v1::Unit>& guard) = 0;
  // FAILED_PRECONDITION, PROVIDER_HAS_UNITS, when a unit would be left without.
  virtual absl::StatusOr<v1::Provider> PutProvider(const Actor& actor, const v1::Provider& provider,
                                                   const Before<v1::Provider>& guard) = 0;
  // FAILED_PRECONDITION, PARTICIPATION_OVERLAPS, when the principal takes part already.
  virtual absl::StatusOr<v1::Participation> PutParticipation(const Actor& actor, const v1::Participation& participation,
                                                             const Before<v1::Participation>& guard) = 0;
  virtual absl::StatusOr<v1::Staff> PutStaff(const Actor& actor, const v1::Staff& staff,
                                             const Before<v1::Staff>& guard) = 0;
  // Without an id it is the very same that is stored, if there is one, else a new one
  // with `new_id`. FAILED_PRECONDITION, STAFF_ASSIGNMENT_OVERLAPS, when the person has
  // one of the roles in the unit in some of that time already.
  virtual absl::StatusOr<v1::StaffAssignment> PutStaffAssignment(const Actor& actor,
                                                                 const v1::StaffAssignment& assignment,
                                                                 const std::string& new_id,
                                                                 const Before<v1::StaffAssignment>& guard) = 0;
};

}  // namespace nara::registry
