// Who changed what, and who looked at whom, for those who answer for it: the administrator
// everything, a principal what was its own when it was done. Care data in it is withheld
// from whoever may not see that (access.md). Thread-safe when its ports are.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/access/authorizer.h"
#include "device_registry/audit/store.h"
#include "device_registry/rights.h"
#include "nara/registry/v1/audit.pb.h"

namespace nara::registry {

class Audit {
 public:
  struct Deps {
    AuditStore& store;
    const Authorizer& authorizer;
  };

  explicit Audit(Deps deps) : deps_(deps), rights_(deps.authorizer) {}

  absl::StatusOr<v1::ListChangesResponse> ListChanges(const Caller& caller, const v1::ListChangesRequest& request);
  absl::StatusOr<v1::ListIdentityReadsResponse> ListIdentityReads(const Caller& caller,
                                                                  const v1::ListIdentityReadsRequest& request);

 private:
  // What was written of such an object, before and after.
  bool MaySee(const Caller& caller, const std::string& object) const;

  const Deps deps_;
  const Rights rights_;
};

}  // namespace nara::registry
