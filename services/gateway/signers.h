#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libs/http/message.h"
#include "services/gateway/app_secrets.h"
#include "services/gateway/intercom_signature.h"

namespace accoil::gateway {

/// The apps that signed a request.
struct Signer {
  bool every_workspace = false;
  std::set<std::string> workspaces;

  bool MaySpeakOf(const std::string& workspace) const {
    return every_workspace || workspaces.contains(workspace);
  }
};

/// Finds out which app sent a request of Intercom's. Any thread.
class Signers {
 public:
  /// `app_secrets` outlives it.
  explicit Signers(AppSecrets& app_secrets) : app_secrets_(app_secrets) {}

  /// Nothing when no app of ours signed it. Throws core::Unavailable when the apps' secrets cannot
  /// be learnt.
  std::optional<Signer> Find(const http::Request& request, SignatureForm form);

 private:
  static std::optional<Signer> Among(const std::vector<AppSecret>& secrets,
                                     const http::Request& request, SignatureForm form);

  AppSecrets& app_secrets_;
};

/// What an unsigned or wrongly signed request is answered with: 401, naming the header.
http::Response RefuseUnsigned(SignatureForm form);
http::Response RefuseWrongSignature(SignatureForm form);

}  // namespace accoil::gateway
