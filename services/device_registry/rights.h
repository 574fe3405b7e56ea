// Who may do what in the registry, as every area asks it: the one authorizer, and the
// errors that tell nobody what exists.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/access/authorizer.h"
#include "device_registry/ports.h"
#include "nara/registry/v1/organisation.pb.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry {

Object OfPrincipal(const std::string& principal);
Object OfUnit(const v1::Unit& unit);
// A device as its owner's.
Object OfOwner(const std::string& principal);

// A device with its running assignment: its owner's, and that of whoever answers for it
// now.
std::vector<Object> FacesOf(const v1::Device& device, const google::protobuf::Timestamp& now);

Actor ActorOf(const Caller& caller);

// Thread-safe.
class Rights {
 public:
  // The authorizer must outlive it.
  explicit Rights(const Authorizer& authorizer) : authorizer_(authorizer) {}

  // OK, or the error for the caller: FORBIDDEN, or that `noun` `id` is not there.
  absl::Status Check(const Caller& caller, Action action, const Object& object, const std::string& noun,
                     const std::string& id) const;

  // Any of several faces of one thing: a device is its owner's, and that of whoever
  // answers for it.
  absl::Status CheckAny(const Caller& caller, Action action, const std::vector<Object>& faces, const std::string& noun,
                        const std::string& id) const;

  // What a list may show; FORBIDDEN when that is nothing.
  absl::StatusOr<Visible> Reach(const Caller& caller, Action action) const;

 private:
  const Authorizer& authorizer_;
};

}  // namespace nara::registry
