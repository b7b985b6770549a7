#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "libs/rpc/tls.h"

/// Certificates for tests, made when they run.
namespace accoil::rpc {

/// A folder that is gone with it.
class TestFolder {
 public:
  TestFolder() {
    std::string name = std::filesystem::temp_directory_path() / "accoil-tls-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Signs certificates; another one's are worth nothing to it.
class TestAuthority {
 public:
  TestAuthority() : key_(MakeKey()), certificate_(Make("test authority", key_.get(), "")) {}

  /// Writes certificate, key and authority to files in the folder whose names begin with `name`,
  /// replacing those that are there. `names` is as OpenSSL writes them: "IP:127.0.0.1,DNS:host".
  Tls Issue(const TestFolder& folder, const std::string& name,
            const std::string& names = "IP:127.0.0.1") const {
    const auto key = MakeKey();
    const auto certificate = Make(name, key.get(), names);
    const auto path = [&](const std::string& what) -> std::string {
      return folder.path() / (name + what);
    };
    Tls tls;
    tls.certificate_file = path(".crt");
    tls.key_file = path(".key");
    tls.authority_file = path(".ca");
    Write(tls.certificate_file,
          [&](FILE* file) { return PEM_write_X509(file, certificate.get()); });
    Write(tls.key_file, [&](FILE* file) {
      return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    Write(tls.authority_file, [&](FILE* file) { return PEM_write_X509(file, certificate_.get()); });
    return tls;
  }

 private:
  template <auto free>
  struct Free {
    template <typename Object>
    void operator()(Object* object) const {
      free(object);
    }
  };
  using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
  using Certificate = std::unique_ptr<X509, Free<X509_free>>;
  using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;

  static void Check(bool good, const char* what) {
    if (!good) throw std::runtime_error(what);
  }

  static Key MakeKey() {
    Key key(EVP_EC_gen("P-256"));
    Check(key != nullptr, "EVP_EC_gen");
    return key;
  }

  static void Extend(X509* certificate, int kind, const std::string& value) {
    const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
    Check(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "X509V3_EXT_conf_nid");
  }

  /// Of the authority itself when there are no names.
  Certificate Make(const std::string& subject, EVP_PKEY* key, const std::string& names) const {
    constexpr long kHour = 3'600;
    Certificate certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    // What an authority signs is told apart by it.
    static long serial = 0;
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kHour);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kHour);
    auto* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(subject.c_str()), -1, -1, 0);
    X509_set_pubkey(certificate.get(), key);
    if (names.empty()) {
      X509_set_issuer_name(certificate.get(), name);
      Extend(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
      Extend(certificate.get(), NID_key_usage, "critical,keyCertSign");
    } else {
      X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
      Extend(certificate.get(), NID_subject_alt_name, names);
    }
    Check(X509_sign(certificate.get(), key_.get(), EVP_sha256()) != 0, "X509_sign");
    return certificate;
  }

  template <typename Writer>
  static void Write(const std::string& path, Writer writer) {
    // Renamed into place, as whoever replaces mounted secrets does it.
    const auto fresh = path + ".new";
    FILE* file = std::fopen(fresh.c_str(), "wb");
    Check(file != nullptr, "fopen");
    const bool good = writer(file) == 1;
    Check(std::fclose(file) == 0 && good, "a PEM file cannot be written");
    std::filesystem::rename(fresh, path);
  }

  Key key_;
  Certificate certificate_;
};

}  // namespace accoil::rpc
