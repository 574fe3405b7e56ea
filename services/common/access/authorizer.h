// Authorizer answers whether a caller may do something to an object: one
// library for gRPC, HTTP, server-sent events and open streams; deny by default.
// The rules are the table of docs/formats/access.md; a test compares the two.
//
// It works on the tables that WatchAccess fills. An open stream asks again for
// each delivery, so that a revoked client is cut off within the second, and a block
// holds for what has been waiting (docs/formats/privacy.md).
//
// Threads: all methods may be called from any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/access/access_table.h"
#include "common/access/privacy_table.h"
#include "common/time/clock.h"

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
  kPlan,     // plans and limits of a resident, reading them too
  kConsent,  // consents of a resident, reading them too
  kBlock,    // blocks of data of one's own provider, reading them too
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
  std::string principal;                    // empty: the whole county
  std::vector<std::string> units;           // empty: all of the principal
  std::string token_sha256;                 // of its bearer token; empty: it has none
  std::string via;                          // who called on its behalf; empty: itself
  std::string reason;                       // why, in its own words, for the audit; may be empty
  std::vector<std::string> scopes;          // names of actions; empty: all that its role may
  std::vector<std::string> providers = {};  // of its units
};

// What is touched. Leave empty what does not apply; an empty field matches
// nothing but a caller of the whole county.
struct Object {
  std::string principal;               // who answers for it, for the purpose at hand
  std::string unit;                    // likewise
  std::string owner;                   // principal that owns the device
  std::vector<std::string> receivers;  // to whom an alert was offered, or who attends
  // Of care data: the provider that answers, empty when nobody knows; the resident; and
  // what they are read for.
  std::string provider = {};
  std::string resident = {};
  registry::v1::DataUse use = registry::v1::DATA_USE_CARE;
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
    kBlocked,    // would be allowed, but for a block or a consent that supervision needs
  };
  Answer answer = Answer::kForbidden;
  std::string reason;  // in words, for the audit and the log; never for the caller when hidden

  bool allowed() const { return answer == Answer::kAllowed; }
};

class Authorizer {
 public:
  // Rights older than this do not carry care data across providers.
  static constexpr std::chrono::milliseconds kStaleAfter{1000};

  // The tables and the clock must outlive the authorizer. Without a table of privacy it
  // knows no consent and no block: care data then go to the unit that answers, and
  // nobody across.
  explicit Authorizer(const AccessTable& table) : table_(table) {}
  Authorizer(const AccessTable& table, const PrivacyTable& privacy, const Clock& clock)
      : table_(table), privacy_(&privacy), clock_(&clock) {}

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

  // Residents whose care data the caller may reach by a consent, besides those of its
  // own units; each record is asked about all the same.
  std::vector<std::string> ConsentedResidents(const Caller& caller, Action action) const;

  // True when the registry was heard within kStaleAfter.
  bool fresh() const { return table_.fresh(kStaleAfter); }

 private:
  Decision DecideCareData(const Caller& caller, Action action, const Object& object, bool own) const;
  bool current() const { return privacy_ != nullptr && privacy_->current(kStaleAfter); }
  registry::v1::ResidentPrivacy PrivacyOf(const std::string& resident) const;

  const AccessTable& table_;
  const PrivacyTable* const privacy_ = nullptr;
  const Clock* const clock_ = nullptr;
};

// The rule itself, without a table: what a caller with these rights reaches.
Scope ReachOf(const Caller& caller, Action action);

// The error for a thing that is not there: NOT_FOUND, reason "UNKNOWN_DEVICE" for
// the noun "device", the id in the metadata.
absl::Status NotThere(const std::string& noun, const std::string& id);

// The error for a denied decision about a thing. Hidden is the very same error as
// NotThere, so that nobody learns what exists. Blocked says so: that there is something
// is told to who may otherwise see it, not what.
absl::Status Refusal(const Decision& decision, const std::string& noun, const std::string& id);

}  // namespace nara
