#include "services/gateway/installation_form.h"

#include <map>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "libs/http/percent.h"

namespace accoil::gateway {
namespace {

// Each field is far shorter.
constexpr std::size_t kLongestBody = 8 << 10;
constexpr std::size_t kLongestField = 512;

std::string Field(const std::map<std::string, std::string>& fields, const std::string& name) {
  const auto at = fields.find(name);
  // What is copied from elsewhere often brings white space along.
  const auto text = at == fields.end() ? std::string_view() : core::Trim(at->second);
  if (text.empty()) throw core::InvalidArgument(name, "is required");
  if (text.size() > kLongestField || !core::IsPlainText(text)) {
    throw core::InvalidArgument(name, "must be one line of at most 512 bytes");
  }
  return std::string(text);
}

}  // namespace

InstallationForm ReadInstallationForm(std::string_view body) {
  if (body.size() > kLongestBody) throw core::InvalidArgument("", "the form is too long");
  const auto fields = http::ParseQuery(body);
  if (!fields) throw core::InvalidArgument("", "the form is not percent-encoded as it should be");
  InstallationForm form;
  form.installation = Field(*fields, "installation");
  const auto product = core::ParseInteger<std::int64_t>(Field(*fields, "product"));
  if (!product || *product <= 0) {
    throw core::InvalidArgument("product", "must be the product's number");
  }
  form.product = core::ProductId(*product);
  form.api_key = Field(*fields, "api_key");
  return form;
}

}  // namespace accoil::gateway
