// A Put of what people edit, as one transaction: what is stored is read, the rules are
// asked about it, and the change is audited with what it was before.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "device_registry/database.h"
#include "device_registry/versions.h"

namespace nara::registry {

// Asks the rules about what is stored, before it is changed: may the caller?
template <typename Message>
using Before = std::function<absl::Status(const Message& before)>;

template <typename Message>
struct VersionedPut {
  std::string noun;
  const Message& wished;
  const Before<Message>& guard;
  // What is stored, or nothing. Asked first: may complete what is wished from it.
  absl::FunctionRef<absl::StatusOr<std::optional<Message>>(Write&)> find;
  // Stores it; `before` is null for something new.
  absl::FunctionRef<absl::Status(Write&, const Message& message, const Message* before)> store;
  // What the audit may keep of it; nothing: all.
  std::function<Message(Message)> audited = {};
};

template <typename Message>
absl::Status AuditPut(Write& write, const VersionedPut<Message>& put, const Message* before, const Message& after) {
  const auto audited = [&](const Message& message) { return put.audited ? put.audited(message) : message; };
  if (before == nullptr) return write.Audit("put", put.noun, after.id(), audited(after));
  return write.AuditChange("put", put.noun, after.id(), audited(*before), audited(after));
}

// What is stored in the end.
template <typename Message>
absl::StatusOr<Message> Run(Database& database, const Actor& actor, const VersionedPut<Message>& put) {
  Message stored;
  const absl::Status status = database.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<std::optional<Message>> found = put.find(write);
    if (!found.ok()) return found.status();
    const Message* before = found->has_value() ? &**found : nullptr;
    if (before != nullptr) {
      if (absl::Status guarded = put.guard(*before); !guarded.ok()) return guarded;
    }
    const absl::StatusOr<Edit> edit = EditOf(put.noun, *found, put.wished);
    if (!edit.ok()) return edit.status();
    if (*edit == Edit::kNothing) {
      stored = *before;
      return absl::OkStatus();
    }
    stored = put.wished;
    stored.set_revision(static_cast<std::uint64_t>(write.revision()));
    if (absl::Status done = put.store(write, stored, before); !done.ok()) return done;
    return AuditPut(write, put, before, stored);
  });
  if (!status.ok()) return status;
  return stored;
}

}  // namespace nara::registry
