#include "services/gateway/signers.h"

namespace accoil::gateway {
namespace {

http::Response Refusal(SignatureForm form, const std::string& detail) {
  auto response = http::Problem(401, detail);
  response.headers["WWW-Authenticate"] = std::string(HeaderOf(form)) + " realm=\"accoil\"";
  return response;
}

}  // namespace

std::optional<Signer> Signers::Find(const http::Request& request, SignatureForm form) {
  const auto secrets = app_secrets_.Get();
  if (auto signer = Among(*secrets, request, form)) return signer;
  // An app that was made known just now sends at once.
  const auto newer = app_secrets_.Refresh();
  return newer == secrets ? std::nullopt : Among(*newer, request, form);
}

std::optional<Signer> Signers::Among(const std::vector<AppSecret>& secrets,
                                     const http::Request& request, SignatureForm form) {
  std::optional<Signer> signer;
  for (const auto& [secret, workspaces] : secrets) {
    if (!IsSignedWith(form, secret, request.body, request.Header(HeaderOf(form)))) continue;
    if (!signer) signer.emplace();
    signer->every_workspace |= workspaces.empty();
    signer->workspaces.insert(workspaces.begin(), workspaces.end());
  }
  return signer;
}

http::Response RefuseUnsigned(SignatureForm form) {
  return Refusal(form, "the header " + std::string(HeaderOf(form)) + " is missing");
}

http::Response RefuseWrongSignature(SignatureForm form) {
  return Refusal(form, std::string(HeaderOf(form)) + " does not sign this body");
}

}  // namespace accoil::gateway
