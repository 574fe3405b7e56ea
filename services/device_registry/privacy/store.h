// What the privacy rules need from PostgreSQL.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "device_registry/ports.h"
#include "device_registry/versioned_put.h"
#include "nara/registry/v1/clients.pb.h"
#include "nara/registry/v1/organisation.pb.h"
#include "nara/registry/v1/privacy.pb.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry {

struct ClientQuery {
  std::string client;  // empty: all
  std::string after;   // id; empty: from the first
  int limit = 0;
};

struct PrivacyQuery {
  std::string resident;
  std::string after;  // id; empty: from the first
  int limit = 0;
};

// Thread-safe. Each write is one transaction with one revision and its audit; what comes
// back is what is stored in the end.
class PrivacyStore {
 public:
  virtual ~PrivacyStore() = default;
  virtual absl::StatusOr<std::vector<v1::Client>> ListClients(const ClientQuery& query) = 0;

  // Of the provider, and the one that is named, whosever it is by now. By id.
  virtual absl::StatusOr<std::vector<v1::Unit>> UnitsOf(const std::string& provider, const std::string& unit) = 0;

  virtual absl::StatusOr<std::optional<v1::Consent>> FindConsent(const std::string& id) = 0;
  virtual absl::StatusOr<std::vector<v1::Consent>> ListConsents(const PrivacyQuery& query) = 0;
  // Without a start: from now on. NotFound for a recipient that is not there.
  virtual absl::StatusOr<v1::Consent> PutConsent(const Actor& actor, const v1::Consent& consent,
                                                 const Before<v1::Consent>& guard) = 0;
  // NotFound when there is none.
  virtual absl::StatusOr<v1::Consent> WithdrawConsent(const Actor& actor, const std::string& id,
                                                      const std::string& reason) = 0;

  virtual absl::StatusOr<std::optional<v1::Block>> FindBlock(const std::string& id) = 0;
  // Of providers with a unit that is visible.
  virtual absl::StatusOr<std::vector<v1::Block>> ListBlocks(const Visible& visible, const PrivacyQuery& query) = 0;
  virtual absl::StatusOr<v1::Block> PutBlock(const Actor& actor, const v1::Block& block,
                                             const Before<v1::Block>& guard) = 0;
  virtual absl::StatusOr<v1::Block> LiftBlock(const Actor& actor, const std::string& id, const std::string& reason) = 0;
};

}  // namespace nara::registry
