#include "services/widget/inbox.h"

#include "libs/core/text.h"

namespace accoil::widget {

std::string ToText(const ProfileKey& key) {
  return std::to_string(key.product.value()) + "." + key.profile.value();
}

std::optional<ProfileKey> ParseProfileKey(std::string_view text) {
  const auto point = text.find('.');
  if (point == std::string_view::npos) return std::nullopt;
  const auto product = core::ParseInteger<std::int64_t>(text.substr(0, point));
  const auto profile = text.substr(point + 1);
  if (!product || *product <= 0 || !core::IsIdentifier(profile)) return std::nullopt;
  return ProfileKey{core::ProductId(*product), core::ProfileId(std::string(profile))};
}

}  // namespace accoil::widget
