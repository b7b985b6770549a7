#include "services/connections/oauth_state.h"

#include "libs/http/percent.h"

namespace accoil::connections {

std::string AuthorizeUrl(const std::string& page, const std::string& client_id,
                         const std::string& redirect_uri, const std::string& state) {
  const char* const separator = page.find('?') == std::string::npos ? "?" : "&";
  return page + separator + "client_id=" + http::PercentEncode(client_id) +
         "&redirect_uri=" + http::PercentEncode(redirect_uri) +
         "&state=" + http::PercentEncode(state);
}

std::string RedirectUri(const std::string& public_url) {
  return public_url + "/intercom/oauth/callback";
}

v1::ConnectOutcome WhyNotUsable(const std::optional<StoredOAuthState>& state) {
  if (!state) return v1::CONNECT_STATE_UNKNOWN;
  return state->used_at ? v1::CONNECT_STATE_USED : v1::CONNECT_STATE_EXPIRED;
}

}  // namespace accoil::connections
