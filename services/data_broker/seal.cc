#include "data_broker/seal.h"

#include <openssl/crypto.h>

#include <fstream>
#include <iterator>

#include "common/hash/sha256.h"

namespace nara::broker {
namespace {

constexpr std::size_t kMacBytes = 16;
constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string EncodeBase64Url(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  unsigned held = 0;
  int bits = 0;
  for (const char c : bytes) {
    held = (held << 8 | static_cast<unsigned char>(c)) & 0xFFFF;
    for (bits += 8; bits >= 6; bits -= 6) text += kDigits[held >> (bits - 6) & 63];
  }
  if (bits > 0) text += kDigits[held << (6 - bits) & 63];
  return text;
}

bool DecodeBase64Url(std::string_view text, std::string& bytes) {
  unsigned held = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return false;
    held = (held << 6 | static_cast<unsigned>(digit)) & 0xFFFF;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(held >> bits & 0xFF);
  }
  // Bytes have one text: no digit too many, no bits that say nothing.
  return bits < 6 && (held & ((1U << bits) - 1)) == 0;
}

// Fields are preceded by their lengths, so that no two calls read the same.
void AddField(std::string& text, std::string_view field) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    text += static_cast<char>(field.size() >> shift & 0xFF);
  }
  text += field;
}

absl::Status NotOurs() {
  return absl::InvalidArgumentError("not one that this service gave to this caller");
}

}  // namespace

absl::StatusOr<Seal> Seal::FromFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string key{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad() || key.size() < kMinKeyBytes) {
    return absl::FailedPreconditionError("cursor_key: " + path + " cannot be read or holds fewer than " +
                                         std::to_string(kMinKeyBytes) +
                                         " bytes; make it with `openssl rand -out FILE 32`");
  }
  return Seal(std::move(key));
}

std::string Seal::Mac(std::string_view use, std::string_view caller, std::string_view bytes) const {
  std::string text;
  AddField(text, use);
  AddField(text, caller);
  AddField(text, bytes);
  return HmacSha256(key_, text).substr(0, kMacBytes);
}

std::string Seal::Close(std::string_view use, std::string_view caller, std::string_view bytes) const {
  return EncodeBase64Url(std::string(bytes) + Mac(use, caller, bytes));
}

absl::StatusOr<std::string> Seal::Open(std::string_view use, std::string_view caller, std::string_view text) const {
  std::string bytes;
  if (!DecodeBase64Url(text, bytes) || bytes.size() < kMacBytes) return NotOurs();
  const std::string mac = bytes.substr(bytes.size() - kMacBytes);
  bytes.resize(bytes.size() - kMacBytes);
  if (CRYPTO_memcmp(mac.data(), Mac(use, caller, bytes).data(), kMacBytes) != 0) return NotOurs();
  return bytes;
}

}  // namespace nara::broker
