// What the assortment's rules need from PostgreSQL.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "device_registry/ports.h"
#include "nara/registry/v1/assortment.pb.h"

namespace nara::registry {

// The choices of one principal, by product, and the store's time when it was asked.
struct Choices {
  std::map<std::string, v1::ProductChoice> by_product;
  google::protobuf::Timestamp now;
};

// Whether the principal uses a product now. It uses every one until the first of its choices begins: a choice made
// ahead of time takes nothing away before.
bool IsUsable(const Choices& choices, const std::string& product);

// Thread-safe. Unavailable when the store is out of reach.
class AssortmentStore {
 public:
  virtual ~AssortmentStore() = default;

  virtual absl::StatusOr<Choices> ChoicesOf(const std::string& principal) = 0;
  // As stored. ABORTED STALE_VERSION when the choice is not at its revision any more.
  virtual absl::StatusOr<v1::ProductChoice> Put(const Actor& actor, const v1::ProductChoice& choice) = 0;
};

}  // namespace nara::registry
