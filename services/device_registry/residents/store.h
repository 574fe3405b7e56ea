// What the rules about residents need from PostgreSQL. Identities go in and out
// encrypted; only rotation opens them here.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "device_registry/identity_keys.h"
#include "device_registry/ports.h"
#include "device_registry/versioned_put.h"
#include "nara/registry/v1/residents.pb.h"

namespace nara::registry {

// A resident as it is stored, and how a client stands to it now.
struct ResidentRecord {
  struct Answering {
    std::string principal;
    std::string unit;
  };

  std::string id;
  std::string principal;
  std::optional<IdentityKeys::Sealed> sealed;  // absent: known by the id alone
  v1::Protection protection = v1::PROTECTION_UNSPECIFIED;
  std::string registered_by;  // who gave the identity
  std::uint64_t revision = 0;
  std::vector<Answering> answering;  // for CARE or ALARM of one of its devices
  bool special_right = false;        // the client may see protected identities of the principal
};

// What is to be stored of an identity.
struct SealedIdentity {
  std::string principal;
  IdentityKeys::Sealed sealed;
  std::string fingerprint;
  v1::Protection protection = v1::PROTECTION_UNSPECIFIED;
  std::vector<std::string> fields;  // names of those that change, for the audit
};

// From what is stored to what shall be; nothing: it stays. An error refuses it.
using IdentityChange =
    std::function<absl::StatusOr<std::optional<SealedIdentity>>(const std::optional<ResidentRecord>& stored)>;

struct ResidentQuery {
  Visible visible;
  std::string client;     // whose special rights count
  std::string principal;  // empty: all
  std::string after;
  int limit = 0;
};

// That an identity was shown to somebody, or, if not, asked for.
struct IdentityRead {
  std::string resident;
  bool shown = false;
};

struct Rotation {
  std::int64_t rewritten = 0;
  std::int64_t left = 0;
};

// Thread-safe. Lists are by id.
class ResidentStore {
 public:
  virtual ~ResidentStore() = default;

  virtual absl::StatusOr<std::optional<ResidentRecord>> Find(const std::string& id, const std::string& client) = 0;
  // In every principal's register.
  virtual absl::StatusOr<std::vector<ResidentRecord>> FindByFingerprint(const std::string& fingerprint,
                                                                        const std::string& client) = 0;
  virtual absl::StatusOr<std::vector<ResidentRecord>> List(const ResidentQuery& query) = 0;
  // Durable when it returns.
  virtual absl::Status Remember(const Actor& actor, const std::vector<IdentityRead>& reads) = 0;

  // Creates the resident when it is not there. The revision of the identity in the
  // end. ALREADY_EXISTS, NUMBER_IN_USE, when another of the principal's residents has
  // the number.
  virtual absl::StatusOr<std::uint64_t> ChangeIdentity(const Actor& actor, const std::string& resident,
                                                       const IdentityChange& change) = 0;

  // NOT_FOUND, UNKNOWN_CLIENT, when the client is not there.
  virtual absl::StatusOr<v1::ProtectedAccess> PutProtectedAccess(const Actor& actor, const v1::ProtectedAccess& access,
                                                                 const Before<v1::ProtectedAccess>& guard) = 0;
  virtual absl::StatusOr<std::vector<v1::ProtectedAccess>> ListProtectedAccess(const std::string& after, int limit) = 0;

  // Encrypts at most `limit` entries that have an older key again with the newest.
  virtual absl::StatusOr<Rotation> Rotate(const Actor& actor, int limit) = 0;
};

}  // namespace nara::registry
