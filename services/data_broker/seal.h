// Seal: text that only we can have written, for one caller and one use.
//
// A sealed text is base64url (no padding) of the bytes and the first 16 bytes of
// HMAC-SHA256(key, use, caller, bytes). The bytes are readable by the caller and
// hold nothing secret; they cannot be changed, and another caller, or another
// use, cannot open them.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace nara::broker {

class Seal {
 public:
  static constexpr std::size_t kMinKeyBytes = 32;

  // The key's bytes; every process that shall open the same texts has the same.
  explicit Seal(std::string key) : key_(std::move(key)) {}

  // Reads the key file. FailedPrecondition, with the path and what to do, when
  // it cannot be read or is shorter than kMinKeyBytes.
  static absl::StatusOr<Seal> FromFile(const std::string& path);

  // `use` is a short constant of ours, for example "cursor".
  std::string Close(std::string_view use, std::string_view caller, std::string_view bytes) const;

  // The bytes, or InvalidArgument for whatever Close did not make for this use
  // and this caller.
  absl::StatusOr<std::string> Open(std::string_view use, std::string_view caller, std::string_view text) const;

 private:
  std::string Mac(std::string_view use, std::string_view caller, std::string_view bytes) const;

  std::string key_;
};

}  // namespace nara::broker
