// One writing transaction of the store: its revision, and its audit.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/postgres/transaction.h"
#include "device_registry/postgres_store.h"

namespace nara::registry {

class PostgresStore::Write {
 public:
  Write(Transaction& transaction, const Actor& actor, std::int64_t revision)
      : transaction_(transaction), actor_(actor), revision_(revision) {}

  std::int64_t revision() const { return revision_; }
  bool changed() const { return next_ordinal_ > 0; }

  absl::StatusOr<Result> Execute(std::string_view sql, std::initializer_list<Param> params) {
    return transaction_.Execute(sql, params);
  }

  // Adds audit rows: what was done to which objects, with what they became.
  absl::Status Audit(const std::string& action, const std::string& object, const std::vector<std::string>& ids,
                     const std::vector<std::string>& details);
  absl::Status Audit(const std::string& action, const std::string& object, const std::string& id,
                     const google::protobuf::Message& detail);

 private:
  Transaction& transaction_;
  const Actor& actor_;
  const std::int64_t revision_;
  int next_ordinal_ = 0;
};

// As JSON, for the audit.
std::string DetailOf(const google::protobuf::Message& message);

}  // namespace nara::registry
