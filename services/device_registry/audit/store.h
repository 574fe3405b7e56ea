// What the audit's readers need from PostgreSQL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/postgres/param.h"
#include "device_registry/ports.h"
#include "nara/registry/v1/audit.pb.h"

namespace nara::registry {

// From, inclusive, and until, exclusive; absent: no end on that side.
struct Span {
  std::optional<TimePoint> since;
  std::optional<TimePoint> until;
};

// A place in the audit.
struct ChangePlace {
  std::int64_t revision = 0;
  std::int64_t ordinal = 0;
};

struct ChangeQuery {
  Visible visible;
  std::string object;  // empty: all, and so on
  std::string id;
  std::string actor;
  std::string principal;
  Span span;
  std::optional<ChangePlace> before;  // absent: from the newest
  int limit = 0;
};

struct ReadQuery {
  Visible visible;
  std::string resident;  // empty: all, and so on
  std::string actor;
  Span span;
  std::optional<std::int64_t> before;  // number; absent: from the newest
  int limit = 0;
};

// Thread-safe.
class AuditStore {
 public:
  virtual ~AuditStore() = default;
  // The newest first.
  virtual absl::StatusOr<std::vector<v1::Change>> ListChanges(const ChangeQuery& query) = 0;
  virtual absl::StatusOr<std::vector<v1::IdentityRead>> ListReads(const ReadQuery& query) = 0;
  // Forgets looks from before a time, at most so many. How many.
  virtual absl::StatusOr<std::int64_t> ForgetReads(TimePoint before, int limit) = 0;
};

}  // namespace nara::registry
