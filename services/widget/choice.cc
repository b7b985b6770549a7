#include "services/widget/choice.h"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "libs/core/errors.h"
#include "libs/core/json.h"
#include "libs/core/text.h"
#include "services/widget/json_text.h"

namespace accoil::widget {
namespace {

// More accounts and profiles than this are not offered.
constexpr std::size_t kMostPlaces = 10'000;

constexpr std::array<std::pair<Tab, std::string_view>, 4> kTabs = {{
    {Tab::kSummary, "summary"},
    {Tab::kAccount, "account"},
    {Tab::kUser, "user"},
    {Tab::kInfo, "info"},
}};

std::optional<Tab> TabOf(std::string_view option) {
  for (const auto& [tab, name] : kTabs) {
    if (name == option) return tab;
  }
  return std::nullopt;
}

std::optional<std::size_t> PlaceOf(std::string_view text) {
  const auto place = core::ParseInteger<std::size_t>(text);
  return place && *place < kMostPlaces ? place : std::nullopt;
}

const std::string* Find(const std::map<std::string, std::string>& values, std::string_view name) {
  const auto found = values.find(std::string(name));
  return found == values.end() ? nullptr : &found->second;
}

}  // namespace

std::string_view OptionOf(Tab tab) {
  for (const auto& [known, name] : kTabs) {
    if (known == tab) return name;
  }
  return kTabs.front().second;
}

Choice Choose(Choice before, std::string_view component_id,
              const std::map<std::string, std::string>& input_values) {
  auto choice = std::move(before);
  if (component_id == kTabsId) {
    if (const auto* option = Find(input_values, kTabsId)) {
      choice.tab = TabOf(*option).value_or(choice.tab);
    }
  } else if (component_id == kSwitchProfileId) {
    if (const auto* option = Find(input_values, kProfileId)) {
      if (auto key = ParseProfileKey(*option)) {
        choice.profile = std::move(key);
        choice.page = 0;
      }
    }
  } else if (component_id == kMoreProfilesId) {
    choice.page = choice.page + 1 < kMostPlaces ? choice.page + 1 : 0;
  } else if (component_id.starts_with(kAccountPrefix)) {
    if (const auto place = PlaceOf(component_id.substr(kAccountPrefix.size()))) {
      choice.account = *place;
      choice.tab = Tab::kAccount;
    }
  } else if (const auto tab = TabOf(component_id)) {
    // Some versions of the Inbox name the option that was clicked, not the component.
    choice.tab = *tab;
  }
  return choice;
}

std::string ToStoredData(const Choice& choice) {
  std::string json = R"({"tab":")";
  json += OptionOf(choice.tab);
  json += R"(","profile":)";
  AppendQuoted(json, choice.profile ? ToText(*choice.profile) : std::string());
  json += R"(,"account":)" + std::to_string(choice.account);
  json += R"(,"page":)" + std::to_string(choice.page) + "}";
  return json;
}

Choice FromStoredData(std::string_view json) {
  Choice choice;
  if (json.empty()) return choice;
  nlohmann::json data;
  try {
    data = core::ParseJson(json, {.size = 64 << 10, .depth = 8});
  } catch (const core::InvalidArgument&) {
    // It came back from the Inbox changed or cut: the person begins anew.
    return choice;
  }
  if (!data.is_object()) return choice;
  const auto text = [&](const char* name) {
    const auto found = data.find(name);
    return found != data.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const auto place = [&](const char* name) {
    const auto found = data.find(name);
    const bool fits = found != data.end() && found->is_number_unsigned() &&
                      found->get<std::uint64_t>() < kMostPlaces;
    return fits ? found->get<std::size_t>() : std::size_t{0};
  };
  choice.tab = TabOf(text("tab")).value_or(Tab::kSummary);
  choice.profile = ParseProfileKey(text("profile"));
  choice.account = place("account");
  choice.page = place("page");
  return choice;
}

}  // namespace accoil::widget
