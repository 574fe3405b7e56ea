// What the rules of responsibility need from PostgreSQL, as small interfaces.
//
// All are thread-safe. Each write is one transaction with one revision and its audit
// rows; it is durable when it returns. Unavailable when the store is out of reach.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "device_registry/ports.h"
#include "nara/registry/v1/responsibility.pb.h"

namespace nara::registry {

// An assignment as a write finds it, inside its transaction: nobody else can change it
// before the write is done. `now` is the transaction's.
struct Standing {
  v1::Assignment assignment;
  std::uint64_t revision = 0;
  google::protobuf::Timestamp now;
};

// What follows is called inside a write's transaction, which holds a connection: it
// looks nothing up in a store.
//
// Ask the rules about what a write is going to touch. An error refuses the write and
// is what the caller gets. With every assignment of the device that has not ended when
// the new one starts.
using DeviceGuard = std::function<absl::Status(const v1::Device& device, const std::vector<v1::Assignment>& running,
                                               const google::protobuf::Timestamp& now)>;
using AssignmentGuard = std::function<absl::Status(const Standing& standing)>;

// What an assignment becomes. Unchanged: nothing is written.
using Reform = std::function<absl::StatusOr<v1::Assignment>(const Standing& standing)>;

// An assignment to be made; the units have been looked up.
struct NewAssignment {
  v1::AssignDeviceRequest request;
  v1::Unit care;
  v1::Unit alarm;
  DeviceGuard guard;
};

struct Reformed {
  v1::Assignment assignment;
  std::uint64_t revision = 0;
  std::vector<v1::Correction> corrections;  // of the past, by this write
};

// Which assignment, and by what was believed at which revision; absent: now.
struct AssignmentQuery {
  std::string assignment;  // empty: by device
  std::string device;
  google::protobuf::Timestamp at;  // with `device`: the one that runs then
  std::optional<std::uint64_t> believed;
};

class AssignmentStore {
 public:
  virtual ~AssignmentStore() = default;

  virtual absl::StatusOr<v1::Assignment> Assign(const Actor& actor, const NewAssignment& assignment) = 0;
  // NotFound when there is no such assignment.
  virtual absl::StatusOr<Reformed> Change(const Actor& actor, const std::string& action, const std::string& assignment,
                                          const Reform& reform) = 0;

  // One consistent form; absent when there was none.
  virtual absl::StatusOr<std::optional<Reformed>> Find(const AssignmentQuery& query) = 0;
  // The newest revision that was written at or before an instant.
  virtual absl::StatusOr<std::uint64_t> RevisionAt(const google::protobuf::Timestamp& at) = 0;
  // The assignments of a resident that have not ended, by device.
  virtual absl::StatusOr<std::vector<v1::Assignment>> RunningOf(const std::string& resident) = 0;

  virtual absl::StatusOr<v1::Absence> PutAbsence(const Actor& actor, const std::string& assignment,
                                                 const v1::Absence& absence, const AssignmentGuard& guard) = 0;
  // The absence's assignment is asked about first. No end: now.
  virtual absl::StatusOr<v1::Absence> EndAbsence(const Actor& actor, const v1::EndAbsenceRequest& request,
                                                 const AssignmentGuard& guard) = 0;
};

// `fill` gets the assignment as it stands and says the hand-over that is proposed.
struct Proposal {
  std::string id;
  std::string assignment;
  std::function<absl::StatusOr<v1::HandOver>(const Standing& standing)> fill;
};

// What a hand-over becomes, and its assignment with it.
struct Handing {
  v1::HandOver hand_over;
  v1::Assignment assignment;
};
using HandOverStep = std::function<absl::StatusOr<Handing>(const v1::HandOver& hand_over, const Standing& standing)>;

struct HandOverQuery {
  Visible visible;        // by principal, or unit, of either side
  std::string principal;  // of either side; empty: all
  std::vector<int> states;
  std::string after;  // id
  int limit = 0;
};

class HandOverStore {
 public:
  virtual ~HandOverStore() = default;

  // All or none. AlreadyExists: HAND_OVER_DIFFERS, or HAND_OVER_OPEN when another one
  // of the assignment is under way.
  virtual absl::StatusOr<std::vector<v1::HandOver>> Propose(const Actor& actor,
                                                            const std::vector<Proposal>& proposals) = 0;
  virtual absl::StatusOr<Handing> Step(const Actor& actor, const std::string& action, const std::string& id,
                                       const HandOverStep& step) = 0;
  virtual absl::StatusOr<std::optional<v1::HandOver>> FindHandOver(const std::string& id) = 0;
  virtual absl::StatusOr<std::vector<v1::HandOver>> ListHandOvers(const HandOverQuery& query) = 0;

  // Marks what has passed its deadline, and what is open for an assignment that has
  // ended. How many passed their deadline.
  virtual absl::StatusOr<int> MarkOverdue(const Actor& actor) = 0;
  // By state.
  virtual absl::StatusOr<std::map<int, std::int64_t>> CountOpen() = 0;
};

class CostStore {
 public:
  virtual ~CostStore() = default;

  virtual absl::Status PutFacts(const Actor& actor, const std::string& assignment, const v1::CostFacts& facts,
                                const AssignmentGuard& guard) = 0;
  // AlreadyExists: COST_EXCEPTION_DIFFERS.
  virtual absl::StatusOr<v1::CostException> PutException(const Actor& actor, const v1::CostException& exception,
                                                         const AssignmentGuard& guard) = 0;
  // The newest that hold at an instant; absent when none does.
  virtual absl::StatusOr<std::optional<v1::CostFacts>> FactsAt(const std::string& assignment,
                                                               const google::protobuf::Timestamp& at) = 0;
  virtual absl::StatusOr<std::optional<v1::CostException>> ExceptionAt(const std::string& assignment,
                                                                       const google::protobuf::Timestamp& at) = 0;
};

}  // namespace nara::registry
