#include "services/tagging-automation/wishes/tag_name.h"

#include <algorithm>
#include <string_view>

#include "libs/core/errors.h"
#include "libs/core/text.h"

namespace accoil::tagging {
namespace {

constexpr std::size_t kLongestTag = 255;

std::size_t CharactersOf(std::string_view text) {
  // Every byte but those that continue a character.
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

}  // namespace

void CheckTag(const std::string& field, const std::string& tag) {
  const bool fits = core::IsPlainText(tag) && !tag.empty() && CharactersOf(tag) <= kLongestTag;
  if (!fits) {
    throw core::InvalidArgument(field, "must be 1 to 255 characters without control characters");
  }
  if (core::Trim(tag).size() != tag.size()) {
    throw core::InvalidArgument(field, "must not begin or end with a space");
  }
}

}  // namespace accoil::tagging
