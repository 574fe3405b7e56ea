// Authorizer answers whether a caller may do something to an object: one
// library for gRPC, HTTP, server-sent events and open streams; deny by default.
// The rules are the table of docs/formats/access.md; a test compares the two.
//
// It works on the table that WatchAccess fills. An open stream asks again for
// each delivery, so that a revoked client is cut off within the second.
//
// Threads: all methods may be called from any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/access/access_table.h"

namespace nara {

enum class Role {
  kService,         // one of ours, by certificate: "nara-..."
  kAdmin,           // runs the installation; sees no care data
  kOperator,        // watches fleet and alerts of the county; sees no care data
  kSupplier,        // provides devices
  kAlarmCentre,     // receives alarms
  kCareUnit,        // receives care data
  kPrincipalAdmin,  // arranges things for its principal
  kSimulator,       // demo only: may attend as any receiver
};

enum class Action {
  kReadPrincipals,
  kReadUnit,
  kWriteUnit,
  kReadDevice,
  kRegisterDevice,
  kProvisionDevice,
  kConfirmTest,   // that a test event has come the whole way
  kAssign,        // residents, assignments, responsibilities
  kReadIdentity,  // who a resident is
  kReadChain,
  kWriteChain,
  kPlan,  // plans and limits of a resident, reading them too
  kWriteClient,
  kReadAudit,  // who changed what, and who looked at whom
  kWatchRegistry,
  kSubmit,
  kSendCommand,
  kListQuarantine,  // that something is held, and why
  kReadQuarantine,  // the payload: care data
  kReadCareData,
  kReadAlert,
  kAttend,      // attach to a receiver
  kActOnAlert,  // accept, reject, resolve for a receiver
};

// Every action, for tests and documentation.
const std::vector<Action>& AllActions();
std::string_view Name(Action action);
std::string_view Name(Role role);
absl::StatusOr<Role> ParseRole(std::string_view name);

struct Caller {
  std::string id;
  Role role = Role::kService;
  std::string principal;            // empty: the whole county
  std::vector<std::string> units;   // empty: all of the principal
  std::string token_sha256;         // of its bearer token; empty: it has none
  std::string via;                  // who called on its behalf; empty: itself
  std::string reason;               // why, in its own words, for the audit; may be empty
  std::vector<std::string> scopes;  // names of actions; empty: all that its role may
};

// What is touched. Leave empty what does not apply; an empty field matches
// nothing but a caller of the whole county.
struct Object {
  std::string principal;               // who answers for it, for the purpose at hand
  std::string unit;                    // likewise
  std::string owner;                   // principal that owns the device
  std::vector<std::string> receivers;  // to whom an alert was offered, or who attends
};

// What a caller may reach with an action, for lists and queries: an object
// matches when any of the four does.
struct Scope {
  bool all = false;
  std::string principal;           // objects with this principal or owner
  std::vector<std::string> units;  // objects of these units
  std::string receiver;            // objects with this receiver

  bool nothing() const { return !all && principal.empty() && units.empty() && receiver.empty(); }
};

bool Matches(const Scope& scope, const Object& object);

struct Decision {
  enum class Answer {
    kAllowed,
    kForbidden,  // the role never may: PERMISSION_DENIED
    kHidden,     // not yours: NOT_FOUND, the same as not there
    kWait,       // rights may be out of date and this crosses providers: UNAVAILABLE
  };
  Answer answer = Answer::kForbidden;
  std::string reason;  // in words, for the audit and the log; never for the caller when hidden

  bool allowed() const { return answer == Answer::kAllowed; }
};

class Authorizer {
 public:
  // Rights older than this do not carry care data across providers.
  static constexpr std::chrono::milliseconds kStaleAfter{1000};

  // The table must outlive the authorizer.
  explicit Authorizer(const AccessTable& table) : table_(table) {}

  // Who calls: the common name of the peer's certificate, and for whom it speaks
  // (metadata `nara-caller`; empty, or the same: for itself). Only "nara-gateway"
  // may speak for others, and not for our services or the administrator.
  // Unauthenticated when unknown, PermissionDenied when revoked or not allowed to.
  absl::StatusOr<Caller> Identify(const std::string& common_name, const std::string& on_behalf_of) const;

  // Who calls with this bearer token.
  absl::StatusOr<Caller> IdentifyToken(std::string_view token) const;

  // A client by its id, with its rights as they are now.
  absl::StatusOr<Caller> Resolve(const std::string& id) const;

  // May this caller do it? Looks the caller up again: a client revoked since is
  // denied. Services and the administrator are built in.
  Decision Decide(const Caller& caller, Action action, const Object& object) const;
  Decision Decide(const std::string& caller_id, Action action, const Object& object) const;

  // What this caller may reach, from its rights as they are now.
  Scope Reach(const Caller& caller, Action action) const;

  // True when the registry was heard within kStaleAfter.
  bool fresh() const { return table_.fresh(kStaleAfter); }

 private:
  const AccessTable& table_;
};

// The rule itself, without a table: what a caller with these rights reaches.
Scope ReachOf(const Caller& caller, Action action);

// The error for a thing that is not there: NOT_FOUND, reason "UNKNOWN_DEVICE" for
// the noun "device", the id in the metadata.
absl::Status NotThere(const std::string& noun, const std::string& id);

// The error for a denied decision about a thing. Hidden is the very same error as
// NotThere, so that nobody learns what exists.
absl::Status Refusal(const Decision& decision, const std::string& noun, const std::string& id);

}  // namespace nara
