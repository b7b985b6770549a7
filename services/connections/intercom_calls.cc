#include "services/connections/intercom_calls.h"

namespace accoil::connections {

IntercomCalls MakeIntercomCalls(intercom::Transport& transport, const intercom::OAuthApp& app) {
  return {.ask =
              [&transport](const std::string& base_url, const std::string& token) {
                return intercom::Client(transport, base_url, token).Me();
              },
          .exchange =
              [&transport, app](const std::string& base_url, const std::string& code) {
                return intercom::Client::ExchangeCode(transport, base_url, app, code);
              },
          .uninstall =
              [&transport](const std::string& base_url, const std::string& token) {
                return intercom::Client(transport, base_url, token).Uninstall();
              }};
}

std::string InWords(const intercom::Failure& failure) {
  if (failure.status == 0) return failure.message;
  if (failure.code.empty()) return std::to_string(failure.status);
  return std::to_string(failure.status) + " " + failure.code;
}

}  // namespace accoil::connections
