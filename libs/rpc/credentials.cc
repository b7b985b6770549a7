#include "libs/rpc/credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

namespace accoil::rpc {
namespace {

namespace experimental = grpc::experimental;

std::shared_ptr<experimental::CertificateProviderInterface> Watch(const Tls& tls) {
  return std::make_shared<experimental::FileWatcherCertificateProvider>(
      tls.key_file, tls.certificate_file, tls.authority_file,
      static_cast<unsigned>(tls.refresh.count()));
}

}  // namespace

std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(const Tls& tls) {
  if (!tls.enabled()) return grpc::InsecureChannelCredentials();
  experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Watch(tls));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  options.set_certificate_verifier(std::make_shared<experimental::HostNameCertificateVerifier>());
  return experimental::TlsCredentials(options);
}

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const Tls& tls) {
  if (!tls.enabled()) return grpc::InsecureServerCredentials();
  experimental::TlsServerCredentialsOptions options(Watch(tls));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return experimental::TlsServerCredentials(options);
}

}  // namespace accoil::rpc
