#include "common/hash/random.h"

#include <openssl/rand.h>

#include <cstdlib>

#include "absl/strings/escaping.h"

namespace nara {

std::string RandomBytes(std::size_t bytes) {
  std::string random(bytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), static_cast<int>(bytes)) != 1) std::abort();
  return random;
}

std::string RandomHex(std::size_t bytes) {
  return absl::BytesToHexString(RandomBytes(bytes));
}

}  // namespace nara
