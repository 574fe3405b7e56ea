#include "common/rpc/testing/test_pki.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>

namespace nara::rpc {
namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using CertificatePtr = std::unique_ptr<X509, decltype(&X509_free)>;
using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free)>;

KeyPtr MakeKey() {
  return {EVP_EC_gen("P-256"), EVP_PKEY_free};
}

void AddExtension(X509* certificate, int nid, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

CertificatePtr MakeCertificate(EVP_PKEY* key, const std::string& name, int serial) {
  CertificatePtr certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86'400);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

std::string Text(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string Pem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(bio.get(), certificate);
  return Text(bio.get());
}

std::string Pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return Text(bio.get());
}

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Replace(const std::filesystem::path& path, const std::string& text) {
  const std::string fresh = path.string() + ".new";
  std::ofstream(fresh) << text;
  std::filesystem::rename(fresh, path);
  return path.string();
}

}  // namespace

struct TestPki::Authority {
  KeyPtr key = MakeKey();
  CertificatePtr certificate{nullptr, X509_free};

  explicit Authority(int serial) {
    const std::string name = "test ca " + std::to_string(serial);
    certificate = MakeCertificate(key.get(), name, serial);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
    AddExtension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    AddExtension(certificate.get(), NID_key_usage, "critical,keyCertSign");
    X509_sign(certificate.get(), key.get(), EVP_sha256());
  }
};

TestPki::TestPki() : authority_(std::make_unique<Authority>(++serial_)) {
  std::string pattern = (std::filesystem::temp_directory_path() / "nara_pki_XXXXXX").string();
  folder_ = mkdtemp(pattern.data());
  Replace(folder_ / "ca.crt", Pem(authority_->certificate.get()));
}

TestPki::~TestPki() {
  std::filesystem::remove_all(folder_);
}

config::Tls TestPki::Issue(const std::string& common_name) {
  const KeyPtr key = MakeKey();
  const CertificatePtr certificate = MakeCertificate(key.get(), common_name, ++serial_);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(authority_->certificate.get()));
  AddExtension(certificate.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  X509_sign(certificate.get(), authority_->key.get(), EVP_sha256());
  return {(folder_ / "ca.crt").string(), Replace(folder_ / (common_name + ".crt"), Pem(certificate.get())),
          Replace(folder_ / (common_name + ".key"), Pem(key.get()))};
}

void TestPki::RotateCa() {
  authority_ = std::make_unique<Authority>(++serial_);
  Replace(folder_ / "ca.crt", ReadAll(folder_ / "ca.crt") + Pem(authority_->certificate.get()));
}

}  // namespace nara::rpc
