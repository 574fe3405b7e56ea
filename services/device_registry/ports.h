// What the registry needs from outside, as small interfaces.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nara/registry/v1/chains.pb.h"
#include "nara/registry/v1/clients.pb.h"
#include "nara/registry/v1/organisation.pb.h"
#include "nara/registry/v1/plans.pb.h"
#include "nara/registry/v1/privacy.pb.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry {

// On whose account a change is made; goes to the audit.
struct Actor {
  std::string id;
  std::string via;     // who called on its behalf, for example nara-gateway; empty: itself
  std::string reason;  // why, in the caller's words; may be empty
};

// Which units, or devices, a query may show: one that matches any of these.
struct Visible {
  bool all = false;
  std::string principal;
  std::vector<std::string> units;
};

struct DeviceQuery {
  Visible visible;
  std::string principal;  // only those that it answers for or owns; empty: all
  std::string product;    // empty: all
  std::string after;      // id; empty: from the first
  int limit = 0;
};

// Who answers for a resident, or has answered.
struct Answerers {
  std::string principal;                        // in whose register the resident is
  std::vector<v1::Responsibility> care;         // now
  std::vector<v1::Responsibility> care_before;  // at any time up to now
};

// Devices by product and by the principal that answers for CARE.
struct DeviceTally {
  std::string principal;
  std::string product;
  std::int64_t count = 0;
};

struct IssuedCertificate {
  std::string device;
  std::string serial;
  absl::Time not_after;
};

// What people rely on. Thread-safe. Reads of things that are not there are absent,
// not errors. Each write is one transaction with one revision and its audit rows;
// it is durable when it returns. Errors carry a reason (rpc::Error) where the
// caller can do something about them; Unavailable when the store is out of reach.
class Store {
 public:
  virtual ~Store() = default;

  virtual absl::StatusOr<std::vector<DeviceTally>> CountDevices() = 0;
  // By id; what is not there is missing.
  virtual absl::StatusOr<std::map<std::string, v1::Unit>> FindUnits(const std::vector<std::string>& ids) = 0;
  // With the running assignment, whose responsibilities are all of its change points.
  virtual absl::StatusOr<std::vector<v1::Device>> ListDevices(const DeviceQuery& query) = 0;
  virtual absl::StatusOr<std::map<std::string, v1::Device>> FindDevices(const std::vector<std::string>& ids) = 0;
  // The principal of a resident.
  virtual absl::StatusOr<std::optional<std::string>> FindResident(const std::string& id) = 0;
  virtual absl::StatusOr<std::optional<Answerers>> FindAnswerers(const std::string& resident) = 0;

  // As stored, in the order given.
  virtual absl::StatusOr<std::vector<v1::Device>> RegisterDevices(const Actor& actor,
                                                                  const std::vector<v1::Device>& devices) = 0;
  // All or none. FailedPrecondition, DEVICE_REVOKED, when one of the devices is revoked.
  virtual absl::Status RecordCertificates(const Actor& actor, const std::vector<IssuedCertificate>& issued) = 0;
  // AlreadyExists when the id belongs to another principal's resident.
  virtual absl::Status CreateResident(const Actor& actor, const std::string& id, const std::string& principal) = 0;
  // The client with the revision at which it was stored. FailedPrecondition,
  // CLIENT_REVOKED, when one that is revoked, and stays so, would get another token.
  virtual absl::StatusOr<v1::Client> PutClient(const Actor& actor, const v1::Client& client) = 0;
};

// Everything that is newer than a revision, as one consistent state.
struct Changes {
  std::uint64_t revision = 0;
  std::vector<v1::Route> routes;
  std::vector<v1::Chain> chains;
  std::vector<v1::Plan> plans;  // the newest version of each resident's
  std::vector<v1::Client> clients;
  std::vector<v1::ResidentPrivacy> privacy;
};

// What the watches are fed from. Not thread-safe: the follower's thread alone.
class ChangeSource {
 public:
  virtual ~ChangeSource() = default;
  virtual absl::StatusOr<Changes> ReadAfter(std::uint64_t revision) = 0;
};

// Who lets devices in. Thread-safe.
class Credentials {
 public:
  virtual ~Credentials() = default;

  struct Signed {
    std::string certificate_pem;
    std::string serial;  // hexadecimal
    absl::Time not_after;
  };

  // Signs a request: the common name becomes `device`, the rest of its subject is
  // ignored. InvalidArgument when the request is not one, names another device, is
  // not signed by its own key, or its key is too weak.
  virtual absl::StatusOr<Signed> Sign(const std::string& device, const std::string& csr_pem) = 0;

  // The serial number of a certificate that we signed for `device` and that is valid
  // now, when its key made `signature` over `text`. PROOF_REFUSED otherwise.
  virtual absl::StatusOr<std::string> HeldBy(const std::string& device, const std::string& certificate_pem,
                                             const std::string& text, const std::string& signature) = 0;

  // The device's password on a listener without certificates.
  virtual std::string MqttPassword(const std::string& device) const = 0;
};

}  // namespace nara::registry
