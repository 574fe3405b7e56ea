// What identities are encrypted with at rest, and the key by which they are found.
//
// The key file has a line for each key, "<id>:<64 hexadecimal digits>", the newest
// first; ids are 1 to 32 of a-z 0-9 _ -. The line "search" is no key for encryption:
// it is the one for fingerprints, stands anywhere, and must never change, since nobody
// would be found any more. Empty lines and lines that begin with # are skipped.
//
// Encrypted text is AES-256-GCM: a random nonce of 12 bytes, the text, a tag of 16
// bytes. What it belongs to and the key's id are authenticated with it, so that the
// identity of one resident cannot be put in the place of another's.
//
// Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace nara::registry {

class IdentityKeys {
 public:
  struct Sealed {
    std::string key;    // id
    std::string bytes;  // nonce, text, tag
  };

  // InvalidArgument names the file and says how to make it. It is readable by its
  // owner alone; where that is not us (Kubernetes), by our group too.
  static absl::StatusOr<IdentityKeys> Load(const std::string& path);
  // The content of such a file.
  static absl::StatusOr<IdentityKeys> Parse(std::string_view text);

  const std::string& newest() const { return keys_.front().first; }
  bool Has(const std::string& key) const { return Find(key) != nullptr; }

  // Encrypts with the newest key. `noun` and `id` say whose it is: "resident", "r-1".
  // Internal when the machine has no randomness.
  absl::StatusOr<Sealed> Seal(const std::string& noun, const std::string& id, const std::string& text) const;

  // FAILED_PRECONDITION, reason IDENTITY_KEY_MISSING, when the file does not hold the
  // key; DataLoss when it was changed, or is another's.
  absl::StatusOr<std::string> Open(const std::string& noun, const std::string& id, const Sealed& sealed) const;

  // HMAC-SHA256 of a number in its normal form.
  std::string Fingerprint(const std::string& number) const;

 private:
  using Key = std::pair<std::string, std::string>;  // id, 32 bytes

  IdentityKeys(std::vector<Key> keys, std::string search) : keys_(std::move(keys)), search_(std::move(search)) {}
  const std::string* Find(const std::string& key) const;

  std::vector<Key> keys_;  // the newest first
  std::string search_;
};

}  // namespace nara::registry
