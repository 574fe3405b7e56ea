#include "alert_router/alert_id.h"

#include <openssl/sha.h>

#include <array>

namespace nara::alert {
namespace {

std::string Names(const Key& key) {
  return key.device + '\0' + key.kind + '\0' + key.episode;
}

std::string Digest(const std::string& text) {
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

}  // namespace

std::string AlertIdOf(const Key& key, Time effective_at) {
  return Digest(Names(key) + '\0' + key.assignment + '\0' + std::to_string(effective_at.time_since_epoch().count()));
}

std::string TechnicalIdOf(const Key& key) {
  return Digest(Names(key));
}

}  // namespace nara::alert
