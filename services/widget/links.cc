#include "services/widget/links.h"

#include <array>

#include "libs/http/percent.h"

namespace accoil::widget {
namespace {

constexpr std::array<std::string_view, 3> kPlaceholders = {"{product}", "{profile}", "{id}"};

std::string Replaced(std::string text, std::string_view placeholder, const std::string& by) {
  for (auto at = text.find(placeholder); at != std::string::npos;
       at = text.find(placeholder, at + by.size())) {
    text.replace(at, placeholder.size(), by);
  }
  return text;
}

}  // namespace

std::string LinkTo(const LinkTemplates& templates, const Subject& subject,
                   const ProfileKey& shown) {
  auto link = subject.kind == SubjectKind::kUser ? templates.user : templates.account;
  if (link.empty()) return link;
  link = Replaced(std::move(link), "{product}", std::to_string(shown.product.value()));
  link = Replaced(std::move(link), "{profile}", http::PercentEncode(shown.profile.value()));
  return Replaced(std::move(link), "{id}", http::PercentEncode(subject.id.value()));
}

std::string TemplateProblem(std::string_view text) {
  if (text.empty()) return {};
  const bool safe = text.starts_with("https://") || text.starts_with("http://127.0.0.1") ||
                    text.starts_with("http://localhost");
  if (!safe) return "must begin with https://";
  std::string rest(text);
  for (const auto placeholder : kPlaceholders) rest = Replaced(std::move(rest), placeholder, "");
  if (rest.find_first_of("{}") != std::string::npos) {
    return "may have the placeholders {product}, {profile} and {id}, no others";
  }
  return {};
}

}  // namespace accoil::widget
