// The stores of responsibility in PostgreSQL. The constraints of the schema hold
// whatever a program does.
#pragma once

#include "device_registry/database.h"
#include "device_registry/identity_keys.h"
#include "device_registry/responsibility/store.h"

namespace nara::registry {

class PostgresAssignments final : public AssignmentStore {
 public:
  // The database must outlive it.
  explicit PostgresAssignments(Database& database) : database_(database) {}

  absl::StatusOr<v1::Assignment> Assign(const Actor& actor, const NewAssignment& assignment) override;
  absl::StatusOr<Reformed> Change(const Actor& actor, const std::string& action, const std::string& assignment,
                                  const Reform& reform) override;
  absl::StatusOr<std::optional<Reformed>> Find(const AssignmentQuery& query) override;
  absl::StatusOr<std::uint64_t> RevisionAt(const google::protobuf::Timestamp& at) override;
  absl::StatusOr<std::vector<v1::Assignment>> RunningOf(const std::string& resident) override;
  absl::StatusOr<v1::Absence> PutAbsence(const Actor& actor, const std::string& assignment, const v1::Absence& absence,
                                         const AssignmentGuard& guard) override;
  absl::StatusOr<v1::Absence> EndAbsence(const Actor& actor, const v1::EndAbsenceRequest& request,
                                         const AssignmentGuard& guard) override;

 private:
  Database& database_;
};

class PostgresHandOvers final : public HandOverStore {
 public:
  // The database must outlive it.
  explicit PostgresHandOvers(Database& database) : database_(database) {}

  absl::StatusOr<std::vector<v1::HandOver>> Propose(const Actor& actor,
                                                    const std::vector<Proposal>& proposals) override;
  absl::StatusOr<Handing> Step(const Actor& actor, const std::string& action, const std::string& id,
                               const HandOverStep& step) override;
  absl::StatusOr<std::optional<v1::HandOver>> FindHandOver(const std::string& id) override;
  absl::StatusOr<std::vector<v1::HandOver>> ListHandOvers(const HandOverQuery& query) override;
  absl::StatusOr<int> MarkOverdue(const Actor& actor) override;
  absl::StatusOr<std::map<int, std::int64_t>> CountOpen() override;

 private:
  Database& database_;
};

class PostgresCosts final : public CostStore {
 public:
  // Both must outlive it.
  PostgresCosts(Database& database, const IdentityKeys& keys) : database_(database), keys_(keys) {}

  // Encrypts the dates of birth that an older registry left in clear. The database is
  // prepared.
  absl::Status Prepare();

  absl::Status PutFacts(const Actor& actor, const std::string& assignment, const v1::CostFacts& facts,
                        const AssignmentGuard& guard) override;
  absl::StatusOr<v1::CostException> PutException(const Actor& actor, const v1::CostException& exception,
                                                 const AssignmentGuard& guard) override;
  absl::StatusOr<std::optional<v1::CostFacts>> FactsAt(const std::string& assignment,
                                                       const google::protobuf::Timestamp& at) override;
  absl::StatusOr<std::optional<v1::CostException>> ExceptionAt(const std::string& assignment,
                                                               const google::protobuf::Timestamp& at) override;

 private:
  absl::StatusOr<std::size_t> SealSome();

  Database& database_;
  const IdentityKeys& keys_;
};

}  // namespace nara::registry
