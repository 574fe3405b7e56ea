#include "device_registry/identity_keys.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "common/hash/sha256.h"
#include "common/rpc/error.h"

namespace nara::registry {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::string_view kSearch = "search";
constexpr char kHowToMake[] =
    "; make it with: (umask 077; printf 'search:%s\\nk1:%s\\n' \"$(openssl rand -hex 32)\" \"$(openssl rand -hex 32)\" "
    "> FILE)";

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* Data(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Data(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
int Size(const std::string& text) {
  return static_cast<int>(text.size());
}

std::optional<std::string> BytesOf(std::string_view hex) {
  if (hex.size() != 2 * kKeyBytes || hex.find_first_not_of("0123456789abcdef") != hex.npos) return std::nullopt;
  return absl::HexStringToBytes({hex.data(), hex.size()});
}

bool IsKeyId(std::string_view id) {
  return !id.empty() && id.size() <= 32 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// None of these holds a newline.
std::string WhatItBelongsTo(const std::string& noun, const std::string& id, const std::string& key) {
  return noun + "\n" + id + "\n" + key;
}

Cipher Begin(const std::string& key, const std::string& nonce, const std::string& belongs_to, int encrypt) {
  Cipher cipher(EVP_CIPHER_CTX_new());
  int length = 0;
  EVP_CipherInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Data(key), Data(nonce), encrypt);
  EVP_CipherUpdate(cipher.get(), nullptr, &length, Data(belongs_to), Size(belongs_to));
  return cipher;
}

absl::Status Damaged(const std::string& noun, const std::string& id) {
  return absl::DataLossError("what is stored of " + noun + " " + id + " was not encrypted for it, or is damaged");
}

// Ours: for us alone. Somebody else's, as Kubernetes mounts it: our group may read it.
absl::Status CheckMode(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) {
    return absl::InvalidArgumentError("identity_keys: " + path + " is not there" + kHowToMake);
  }
  const mode_t forbidden = info.st_uid == geteuid() ? 0077 : 0037;
  if ((info.st_mode & forbidden) == 0) return absl::OkStatus();
  return absl::InvalidArgumentError("identity_keys: " + path + " can be read by others; chmod 600 " + path);
}

}  // namespace

absl::StatusOr<IdentityKeys> IdentityKeys::Load(const std::string& path) {
  if (absl::Status status = CheckMode(path); !status.ok()) return status;
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad()) return absl::InvalidArgumentError("identity_keys: cannot read " + path);
  absl::StatusOr<IdentityKeys> keys = Parse(text);
  if (keys.ok()) return keys;
  return absl::InvalidArgumentError("identity_keys: " + path + " " + std::string(keys.status().message()) + kHowToMake);
}

absl::StatusOr<IdentityKeys> IdentityKeys::Parse(std::string_view text) {
  std::vector<Key> keys;
  std::string search;
  for (const absl::string_view part : absl::StrSplit(absl::string_view(text.data(), text.size()), '\n')) {
    const std::string_view line(part.data(), part.size());
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string id(line.substr(0, colon));
    const std::optional<std::string> bytes = BytesOf(line.substr(std::min(colon + 1, line.size())));
    const auto same = [&](const Key& key) { return key.first == id; };
    if (!IsKeyId(id) || !bytes.has_value())
      return absl::InvalidArgumentError("has a line that is not id:64 hex digits");
    if ((id == kSearch && !search.empty()) || std::any_of(keys.begin(), keys.end(), same)) {
      return absl::InvalidArgumentError("has the key " + id + " twice");
    }
    if (id == kSearch) {
      search = *bytes;
    } else {
      keys.emplace_back(id, *bytes);
    }
  }
  if (keys.empty() || search.empty()) return absl::InvalidArgumentError("lacks the line \"search\" or any other key");
  return IdentityKeys(std::move(keys), std::move(search));
}

const std::string* IdentityKeys::Find(const std::string& key) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Key& known) { return known.first == key; });
  return found == keys_.end() ? nullptr : &found->second;
}

absl::StatusOr<IdentityKeys::Sealed> IdentityKeys::Seal(const std::string& noun, const std::string& id,
                                                        const std::string& text) const {
  std::string nonce(kNonceBytes, '\0');
  std::string sealed(text.size(), '\0');
  std::string tag(kTagBytes, '\0');
  int length = 0;
  // A nonce that is used twice would give both texts away.
  if (RAND_bytes(Data(nonce), Size(nonce)) != 1) return absl::InternalError("no random bytes for a nonce");
  const Cipher cipher = Begin(keys_.front().second, nonce, WhatItBelongsTo(noun, id, newest()), 1);
  const bool done = EVP_CipherUpdate(cipher.get(), Data(sealed), &length, Data(text), Size(text)) == 1 &&
                    EVP_CipherFinal_ex(cipher.get(), nullptr, &length) == 1 &&
                    EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, Size(tag), tag.data()) == 1;
  if (!done) return absl::InternalError("OpenSSL does not encrypt");
  return Sealed{.key = newest(), .bytes = nonce + sealed + tag};
}

absl::StatusOr<std::string> IdentityKeys::Open(const std::string& noun, const std::string& id,
                                               const Sealed& sealed) const {
  const std::string* key = Find(sealed.key);
  if (key == nullptr) {
    return rpc::Error(absl::StatusCode::kFailedPrecondition, "IDENTITY_KEY_MISSING",
                      "the key file lacks a key that is in use; put it back", {{"key", sealed.key}});
  }
  if (sealed.bytes.size() < kNonceBytes + kTagBytes) return Damaged(noun, id);
  const std::string nonce = sealed.bytes.substr(0, kNonceBytes);
  const std::string hidden = sealed.bytes.substr(kNonceBytes, sealed.bytes.size() - kNonceBytes - kTagBytes);
  std::string tag = sealed.bytes.substr(sealed.bytes.size() - kTagBytes);
  std::string text(hidden.size(), '\0');
  int length = 0;
  const Cipher cipher = Begin(*key, nonce, WhatItBelongsTo(noun, id, sealed.key), 0);
  EVP_CipherUpdate(cipher.get(), Data(text), &length, Data(hidden), Size(hidden));
  EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, Size(tag), tag.data());
  if (EVP_CipherFinal_ex(cipher.get(), nullptr, &length) != 1) return Damaged(noun, id);
  return text;
}

std::string IdentityKeys::Fingerprint(const std::string& number) const {
  return HmacSha256(search_, number);
}

}  // namespace nara::registry
