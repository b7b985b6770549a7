#include "libs/postgres/pqxx_session.h"

namespace accoil::postgres {

std::string WithDefaults(std::string url) {
  for (const char* parameter : {"connect_timeout=5", "tcp_user_timeout=10000"}) {
    const std::string name(parameter, std::string_view(parameter).find('='));
    if (url.find(name + "=") != std::string::npos) continue;
    url += url.find('?') == std::string::npos ? '?' : '&';
    url += parameter;
  }
  return url;
}

std::string FirstLine(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace accoil::postgres
