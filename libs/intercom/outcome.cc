#include "libs/intercom/outcome.h"

namespace accoil::intercom {

std::string Failure::ToString() const {
  std::string text;
  if (status != 0) text = std::to_string(status);
  if (!code.empty()) text += (text.empty() ? "" : " ") + code;
  if (!message.empty()) text += (text.empty() ? "" : ": ") + message;
  return text.empty() ? "no answer" : text;
}

}  // namespace accoil::intercom
