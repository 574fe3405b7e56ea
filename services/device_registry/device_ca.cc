#include "device_registry/device_ca.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "common/hash/sha256.h"
#include "common/rpc/error.h"
#include "device_registry/identity/store.h"

namespace nara::registry {
namespace {

constexpr absl::Duration kClockSlack = absl::Minutes(5);
constexpr absl::Duration kValidity = absl::Hours(24 * 825);
constexpr std::size_t kMaxRequest = 8192;
constexpr std::size_t kLeastPasswordKey = 32;

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Request = std::unique_ptr<X509_REQ, Deleter<X509_REQ_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

Bio Reader(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  if (!stream) return absl::InvalidArgumentError("cannot read " + path);
  return content.str();
}

std::string Hex(const unsigned char* bytes, std::size_t size) {
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(bytes), size));
}

absl::Status BadRequest(const std::string& device, const std::string& why) {
  ERR_clear_error();
  return rpc::Error(absl::StatusCode::kInvalidArgument, "BAD_CERTIFICATE_REQUEST", "csr_pem " + why,
                    {{"device", device}});
}

bool StrongEnough(EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
      return true;
    case EVP_PKEY_RSA:
      return EVP_PKEY_get_bits(key) >= 2048 && EVP_PKEY_get_bits(key) <= 4096;
    case EVP_PKEY_EC: {
      std::array<char, 64> group{};
      if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return false;
      const std::string name(group.data());
      return name == "prime256v1" || name == "secp384r1";
    }
    default:
      return false;
  }
}

// The only common name; empty when there is none, and nothing when there are several.
std::optional<std::string> CommonName(const X509_NAME* name) {
  const int index = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (index < 0) return "";
  if (X509_NAME_get_index_by_NID(name, NID_commonName, index) >= 0) return std::nullopt;
  const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index));
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<std::size_t>(ASN1_STRING_length(text)));
}

absl::Status OfOtherDevice(const std::string& device) {
  return rpc::Error(absl::StatusCode::kInvalidArgument, "REQUEST_OF_OTHER_DEVICE",
                    "csr_pem has a common name that is not the device's id; leave it out or correct it",
                    {{"device", device}});
}

// The request's public key, proven to be the sender's.
absl::StatusOr<Key> ProvenKey(const std::string& device, const std::string& csr_pem) {
  if (csr_pem.empty() || csr_pem.size() > kMaxRequest) return BadRequest(device, "is missing or longer than 8 KiB");
  const Request request(PEM_read_bio_X509_REQ(Reader(csr_pem).get(), nullptr, nullptr, nullptr));
  if (request == nullptr) return BadRequest(device, "is no PKCS #10 request in PEM");
  const std::optional<std::string> name = CommonName(X509_REQ_get_subject_name(request.get()));
  if (!name || (!name->empty() && *name != device)) return OfOtherDevice(device);
  Key key(X509_REQ_get_pubkey(request.get()));
  if (key == nullptr || !StrongEnough(key.get())) {
    return BadRequest(device, "has a key that is not EC P-256 or P-384, Ed25519, or RSA of 2048 to 4096 bits");
  }
  if (X509_REQ_verify(request.get(), key.get()) != 1) return BadRequest(device, "is not signed by its own key");
  return key;
}

bool SetSerial(X509* certificate) {
  const Number number(BN_new());
  return BN_rand(number.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

std::string SerialOf(X509* certificate) {
  const Number number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  std::array<unsigned char, 16> bytes{};
  BN_bn2binpad(number.get(), bytes.data(), static_cast<int>(bytes.size()));
  return Hex(bytes.data(), bytes.size());
}

bool SetNames(X509* certificate, X509* issuer, const std::string& device) {
  X509_NAME* name = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(device.data()),
                                    static_cast<int>(device.size()), -1, 0) == 1 &&
         X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1;
}

bool AddExtensions(X509* certificate, X509* issuer) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  constexpr std::pair<int, const char*> kExtensions[] = {{NID_basic_constraints, "critical,CA:FALSE"},
                                                         {NID_key_usage, "critical,digitalSignature"},
                                                         {NID_ext_key_usage, "clientAuth"},
                                                         {NID_subject_key_identifier, "hash"},
                                                         {NID_authority_key_identifier, "keyid"}};
  for (const auto& [nid, value] : kExtensions) {
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    if (extension == nullptr || X509_add_ext(certificate, extension.get(), -1) != 1) return false;
  }
  return true;
}

bool SetTimes(X509* certificate, absl::Time from, absl::Time to) {
  return ASN1_TIME_set(X509_getm_notBefore(certificate), absl::ToTimeT(from)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), absl::ToTimeT(to)) != nullptr;
}

std::string Pem(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

// Ed25519 signs without a digest of its own.
const EVP_MD* DigestFor(EVP_PKEY* key) {
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256();
}

bool IsSignedBy(EVP_PKEY* key, const std::string& text, const std::string& signature) {
  if (key == nullptr) return false;
  const Digest digest(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(digest.get(), nullptr, DigestFor(key), nullptr, key) == 1 &&
         EVP_DigestVerify(digest.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
}

}  // namespace

struct DeviceCa::Keys {
  Certificate cert;
  Key key;
  std::string password_key;
};

DeviceCa::DeviceCa(std::unique_ptr<Keys> keys, const Clock& clock) : keys_(std::move(keys)), clock_(clock) {}

DeviceCa::~DeviceCa() = default;

absl::StatusOr<std::unique_ptr<DeviceCa>> DeviceCa::Load(const Files& files, const Clock& clock) {
  auto keys = std::make_unique<Keys>();
  const absl::StatusOr<std::string> cert = ReadFile(files.cert);
  if (!cert.ok()) return cert.status();
  const absl::StatusOr<std::string> key = ReadFile(files.key);
  if (!key.ok()) return key.status();
  absl::StatusOr<std::string> password_key = ReadFile(files.password_key);
  if (!password_key.ok()) return password_key.status();
  keys->cert.reset(PEM_read_bio_X509(Reader(*cert).get(), nullptr, nullptr, nullptr));
  if (keys->cert == nullptr) return absl::InvalidArgumentError(files.cert + " is no certificate in PEM");
  keys->key.reset(PEM_read_bio_PrivateKey(Reader(*key).get(), nullptr, nullptr, nullptr));
  if (keys->key == nullptr) return absl::InvalidArgumentError(files.key + " is no private key in PEM");
  if (X509_check_private_key(keys->cert.get(), keys->key.get()) != 1) {
    return absl::InvalidArgumentError(files.key + " is not the key of " + files.cert);
  }
  if (password_key->size() < kLeastPasswordKey) {
    return absl::InvalidArgumentError(files.password_key + " holds fewer than 32 bytes");
  }
  keys->password_key = *std::move(password_key);
  return std::unique_ptr<DeviceCa>(new DeviceCa(std::move(keys), clock));
}

absl::StatusOr<Credentials::Signed> DeviceCa::Sign(const std::string& device, const std::string& csr_pem) {
  const absl::StatusOr<Key> key = ProvenKey(device, csr_pem);
  if (!key.ok()) return key.status();
  const absl::Time now = clock_.Now();
  const absl::Time end = now + kValidity;
  const Certificate certificate(X509_new());
  X509* cert = certificate.get();
  X509* issuer = keys_->cert.get();
  const bool made = X509_set_version(cert, X509_VERSION_3) == 1 && SetSerial(cert) && SetNames(cert, issuer, device) &&
                    SetTimes(cert, now - kClockSlack, end) && X509_set_pubkey(cert, key->get()) == 1 &&
                    AddExtensions(cert, issuer) && X509_sign(cert, keys_->key.get(), DigestFor(keys_->key.get())) > 0;
  if (!made) return absl::InternalError("OpenSSL could not make a certificate");
  return Signed{.certificate_pem = Pem(cert), .serial = SerialOf(cert), .not_after = end};
}

absl::StatusOr<std::string> DeviceCa::HeldBy(const std::string& device, const std::string& certificate_pem,
                                             const std::string& text, const std::string& signature) {
  if (certificate_pem.size() > kMaxRequest) return ProofRefused(device);
  const Certificate certificate(PEM_read_bio_X509(Reader(certificate_pem).get(), nullptr, nullptr, nullptr));
  const bool held = certificate != nullptr && IsOurs(certificate.get()) &&
                    CommonName(X509_get_subject_name(certificate.get())) == device &&
                    IsSignedBy(X509_get0_pubkey(certificate.get()), text, signature);
  ERR_clear_error();
  if (!held) return ProofRefused(device);
  return SerialOf(certificate.get());
}

// Signed by our key, of our kind (a CA's own certificate is signed by it too), and valid.
bool DeviceCa::IsOurs(X509* certificate) const {
  std::time_t now = absl::ToTimeT(clock_.Now());
  return X509_verify(certificate, keys_->key.get()) == 1 && X509_check_ca(certificate) == 0 &&
         X509_cmp_time(X509_get0_notBefore(certificate), &now) < 0 &&
         X509_cmp_time(X509_get0_notAfter(certificate), &now) > 0;
}

std::string DeviceCa::MqttPassword(const std::string& device) const {
  return absl::BytesToHexString(HmacSha256(keys_->password_key, device));
}

}  // namespace nara::registry
