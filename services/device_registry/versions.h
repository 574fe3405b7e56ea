// What people edit has a revision: a Put names the form that it was made from.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "common/access/authorizer.h"
#include "common/rpc/error.h"

namespace nara::registry {

// What a Put means: with what is stored under the id, and what is wished.
enum class Edit { kNothing, kCreate, kChange };

// ALREADY_EXISTS, <NOUN>_DIFFERS.
inline absl::Status Differs(const std::string& noun, const std::string& id) {
  return rpc::Error(absl::StatusCode::kAlreadyExists, absl::AsciiStrToUpper(noun) + "_DIFFERS",
                    "there is a " + noun + " with this id and other content; choose another id, or name its revision",
                    {{noun, id}});
}

// Messages with id() and revision(). NOT_FOUND when a change names what is not there;
// ALREADY_EXISTS, <NOUN>_DIFFERS, when something new has a taken id; ABORTED,
// STALE_VERSION, when it has changed since. The same again, whatever the revision, is
// kNothing: a retry.
template <typename Message>
absl::StatusOr<Edit> EditOf(const std::string& noun, const std::optional<Message>& stored, const Message& wished) {
  if (!stored.has_value() && wished.revision() == 0) return Edit::kCreate;
  if (!stored.has_value()) return NotThere(noun, wished.id());
  Message same = wished;
  same.set_revision(stored->revision());
  if (same.SerializeAsString() == stored->SerializeAsString()) return Edit::kNothing;
  if (wished.revision() == stored->revision()) return Edit::kChange;
  if (wished.revision() == 0) return Differs(noun, wished.id());
  return rpc::Error(absl::StatusCode::kAborted, "STALE_VERSION",
                    "the " + noun + " has changed since; read it again, and change that", {{noun, wished.id()}});
}

}  // namespace nara::registry
