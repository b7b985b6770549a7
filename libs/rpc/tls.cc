#include "libs/rpc/tls.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <cstdio>
#include <memory>

namespace accoil::rpc {
namespace {

struct CloseFile {
  void operator()(FILE* file) const { std::fclose(file); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

/// For keys with a pass phrase: there is nobody to ask.
int NoPassPhrase(char*, int, int, void*) { return -1; }

/// Reads the first object of a PEM file with one of OpenSSL's functions; complains when it cannot.
template <typename Object, typename Reader>
Object ReadPem(core::Environment& environment, const std::string& variable, const std::string& path,
               const std::string& what, Reader reader) {
  const std::unique_ptr<FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (!file) {
    environment.Complain(variable, "names a file that cannot be read");
    return nullptr;
  }
  Object object(reader(file.get(), nullptr, NoPassPhrase, nullptr));
  if (!object) environment.Complain(variable, "must name a PEM file of " + what);
  return object;
}

}  // namespace

Tls Tls::FromEnvironment(core::Environment& environment) {
  const std::string certificate_variable = "ACCOIL_TLS_CERTIFICATE_FILE";
  const std::string key_variable = "ACCOIL_TLS_KEY_FILE";
  const std::string authority_variable = "ACCOIL_TLS_CA_FILE";
  Tls tls;
  tls.certificate_file = environment.Text(certificate_variable, "");
  tls.key_file = environment.Text(key_variable, "");
  tls.authority_file = environment.Text(authority_variable, "");
  const std::array<std::pair<std::string, std::string*>, 3> files{
      {{certificate_variable, &tls.certificate_file},
       {key_variable, &tls.key_file},
       {authority_variable, &tls.authority_file}}};
  int missing = 0;
  for (const auto& [variable, path] : files) missing += path->empty() ? 1 : 0;
  if (missing == 3) return tls;
  if (missing > 0) {
    const auto problem = "is required when one of " + certificate_variable + ", " + key_variable +
                         " and " + authority_variable + " is set";
    for (const auto& [variable, path] : files) {
      if (path->empty()) environment.Complain(variable, problem);
    }
    return tls;
  }
  const auto certificate = ReadPem<Certificate>(
      environment, certificate_variable, tls.certificate_file, "a certificate", PEM_read_X509);
  const auto key = ReadPem<Key>(environment, key_variable, tls.key_file,
                                "a private key without a pass phrase", PEM_read_PrivateKey);
  ReadPem<Certificate>(environment, authority_variable, tls.authority_file, "a certificate",
                       PEM_read_X509);
  if (certificate && key && X509_check_private_key(certificate.get(), key.get()) != 1) {
    environment.Complain(key_variable, "must be the key of " + certificate_variable);
  }
  return tls;
}

Target Target::FromEnvironment(core::Environment& environment, const std::string& name) {
  return {environment.Address(name), Tls::FromEnvironment(environment)};
}

}  // namespace accoil::rpc
