#include "device_registry/testing/requests.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <ctime>
#include <memory>

namespace nara::registry::testing {
namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Cert = std::shared_ptr<X509>;
using Request = std::shared_ptr<X509_REQ>;
using Bio = std::shared_ptr<BIO>;

Bio MemoryBio() {
  return {BIO_new(BIO_s_mem()), BIO_free_all};
}
Bio TextBio(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free_all};
}

std::string TextOf(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

Key MakeKey(const std::string& kind) {
  EVP_PKEY* key = nullptr;
  if (kind == "ED25519") {
    key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  } else if (kind.starts_with("RSA")) {
    key = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<size_t>(std::stoi(kind.substr(3))));
  } else {
    const std::string group = kind.starts_with("EC:") ? kind.substr(3) : "P-256";
    key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", group.c_str());
  }
  return {key, EVP_PKEY_free};
}

void SetName(X509_NAME* name, const std::string& common_name) {
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name.data()),
                             static_cast<int>(common_name.size()), -1, 0);
}

std::string KeyPem(const Key& key) {
  const Bio bio = MemoryBio();
  PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return TextOf(bio);
}

std::string CertPem(X509* cert) {
  const Bio bio = MemoryBio();
  PEM_write_bio_X509(bio.get(), cert);
  return TextOf(bio);
}

void AddExtension(X509* cert, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

Cert NewCert(const std::string& common_name, EVP_PKEY* key, long serial) {
  const Cert cert(X509_new(), X509_free);
  X509_set_version(cert.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), serial);
  SetName(X509_get_subject_name(cert.get()), common_name);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600L * 24 * 365);
  X509_set_pubkey(cert.get(), key);
  return cert;
}

std::string RequestPem(const Key& key, const Key& signer, const std::string& common_name) {
  const Request request(X509_REQ_new(), X509_REQ_free);
  SetName(X509_REQ_get_subject_name(request.get()), common_name);
  X509_REQ_set_pubkey(request.get(), key.get());
  X509_REQ_sign(request.get(), signer.get(),
                EVP_PKEY_get_base_id(signer.get()) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256());
  const Bio bio = MemoryBio();
  PEM_write_bio_X509_REQ(bio.get(), request.get());
  return TextOf(bio);
}

Cert ReadCert(const std::string& pem) {
  return {PEM_read_bio_X509(TextBio(pem).get(), nullptr, nullptr, nullptr), X509_free};
}

}  // namespace

KeyAndCert MakeCa(const std::string& common_name) {
  const Key key = MakeKey("EC");
  const Cert cert = NewCert(common_name, key.get(), 1);
  X509_set_issuer_name(cert.get(), X509_get_subject_name(cert.get()));
  AddExtension(cert.get(), cert.get(), NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(cert.get(), cert.get(), NID_subject_key_identifier, "hash");
  X509_sign(cert.get(), key.get(), EVP_sha256());
  return {KeyPem(key), CertPem(cert.get())};
}

KeyAndCert MakeIdentity(const KeyAndCert& ca, const std::string& common_name) {
  const Cert issuer = ReadCert(ca.cert);
  const Key issuer_key(PEM_read_bio_PrivateKey(TextBio(ca.key).get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const Key key = MakeKey("EC");
  static long serial = 1;
  const Cert cert = NewCert(common_name, key.get(), ++serial);
  X509_set_issuer_name(cert.get(), X509_get_subject_name(issuer.get()));
  AddExtension(cert.get(), issuer.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  X509_sign(cert.get(), issuer_key.get(), EVP_sha256());
  return {KeyPem(key), CertPem(cert.get())};
}

std::string MakeRequest(const std::string& kind, const std::string& common_name) {
  const Key key = MakeKey(kind);
  return RequestPem(key, key, common_name);
}

std::string MakeForgedRequest() {
  return RequestPem(MakeKey("EC"), MakeKey("EC"), "disp-0001");
}

std::string SignText(const KeyAndCert& identity, const std::string& text) {
  const Key key(PEM_read_bio_PrivateKey(TextBio(identity.key).get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const std::shared_ptr<EVP_MD_CTX> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get());
  EVP_DigestSign(digest.get(), nullptr, &size, bytes, text.size());
  std::string signature(size, '\0');
  EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, text.size());
  signature.resize(size);
  return signature;
}

CertificateFacts Inspect(const std::string& certificate_pem, const std::string& ca_file) {
  const Cert cert = ReadCert(certificate_pem);
  const std::shared_ptr<BIO> file(BIO_new_file(ca_file.c_str(), "r"), BIO_free_all);
  const Cert ca(PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr), X509_free);
  CertificateFacts facts;
  const Bio bio = MemoryBio();
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(cert.get()), 0, XN_FLAG_RFC2253);
  facts.subject = TextOf(bio);
  facts.verifies = X509_verify(cert.get(), X509_get0_pubkey(ca.get())) == 1;
  facts.is_ca = X509_check_ca(cert.get()) != 0;
  tm time{};
  ASN1_TIME_to_tm(X509_get0_notAfter(cert.get()), &time);
  facts.not_after = absl::FromTimeT(timegm(&time));
  return facts;
}

}  // namespace nara::registry::testing
