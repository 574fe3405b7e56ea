#include "alert_router/alert_id.h"

#include <openssl/sha.h>

#include <array>

namespace nara::alert {

std::string AlertIdOf(const Key& key) {
  const std::string text = key.device + '\0' + key.kind + '\0' + key.episode;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string id;
  for (std::size_t i = 0; i < 16; ++i) {
    id.push_back(kDigits[digest[i] >> 4]);
    id.push_back(kDigits[digest[i] & 15]);
  }
  return id;
}

}  // namespace nara::alert
