#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "services/widget/inbox.h"

namespace accoil::widget {

enum class Tab { kSummary, kAccount, kUser, kInfo };

/// Ids of the components that can be clicked or chosen.
inline constexpr std::string_view kTabsId = "tab";
inline constexpr std::string_view kProfileId = "profile";
inline constexpr std::string_view kSwitchProfileId = "switch-profile";
inline constexpr std::string_view kMoreProfilesId = "more-profiles";
inline constexpr std::string_view kReloadId = "reload";
/// Before the account's place in the list.
inline constexpr std::string_view kAccountPrefix = "account-";

/// The option of a tab: summary, account, user, info.
std::string_view OptionOf(Tab tab);

/// What a teammate looks at. Ids may be of things that are not there (any more): whoever shows them
/// takes the first one then.
struct Choice {
  Tab tab = Tab::kSummary;
  /// Nothing: the summary profile, else the first.
  std::optional<ProfileKey> profile;
  /// Which of the user's accounts, 0 the one of the conversation.
  std::size_t account = 0;
  /// Which page of the profiles is offered.
  std::size_t page = 0;

  friend bool operator==(const Choice&, const Choice&) = default;
};

/// What is chosen after a click: `before`, changed by the component that was clicked and by the
/// values of the inputs. Whatever is not one of ours changes nothing.
Choice Choose(Choice before, std::string_view component_id,
              const std::map<std::string, std::string>& input_values);

/// The choice as it goes along in stored_data (JSON), and back. Reading takes anything: what is not
/// as written here counts as not chosen.
std::string ToStoredData(const Choice& choice);
Choice FromStoredData(std::string_view json);

}  // namespace accoil::widget
