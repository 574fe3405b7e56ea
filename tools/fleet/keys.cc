#include "tools/fleet/keys.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <memory>

namespace nara::fleet {
namespace {

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

bool Sign(X509_REQ* request, EVP_PKEY* key, const std::string& device) {
  const auto* name = reinterpret_cast<const unsigned char*>(device.data());
  return X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_ASC, name,
                                    static_cast<int>(device.size()), -1, 0) == 1 &&
         X509_REQ_set_pubkey(request, key) == 1 && X509_REQ_sign(request, key, EVP_sha256()) > 0;
}

}  // namespace

absl::StatusOr<DeviceKey> MakeDeviceKey(const std::string& device) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509_REQ, void (*)(X509_REQ*)> request(X509_REQ_new(), X509_REQ_free);
  const std::unique_ptr<BIO, int (*)(BIO*)> key_bio(BIO_new(BIO_s_mem()), BIO_free);
  const std::unique_ptr<BIO, int (*)(BIO*)> csr_bio(BIO_new(BIO_s_mem()), BIO_free);
  const bool made =
      key && request && Sign(request.get(), key.get(), device) &&
      PEM_write_bio_PKCS8PrivateKey(key_bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
      PEM_write_bio_X509_REQ(csr_bio.get(), request.get()) == 1;
  if (!made) return absl::InternalError("no key could be made for device " + device);
  return DeviceKey{.key_pem = TextOf(key_bio.get()), .csr_pem = TextOf(csr_bio.get())};
}

}  // namespace nara::fleet
