#include "services/widget/canvas.h"

#include <algorithm>

#include "services/widget/components.h"
#include "services/widget/formatting.h"
#include "services/widget/guidance.h"
#include "services/widget/measures_view.h"

namespace accoil::widget {
namespace {

constexpr std::size_t kMostAccounts = 10;
constexpr std::size_t kMostDefinitions = 60;

void Append(Components& to, Components from) {
  for (auto& component : from) to.push_back(std::move(component));
}

void Say(Components& to, const Guidance& guidance) {
  to.push_back(Text("**" + guidance.headline + "**"));
  to.push_back(Text(guidance.advice, TextStyle::kMuted));
}

/// One canvas in the making.
class Painter {
 public:
  Painter(const Inbox& inbox, const Choice& choice, const LinkTemplates& links, core::TimePoint now)
      : inbox_(inbox), choice_(choice), links_(links), now_(now) {}

  Components Paint() const {
    Components components;
    if (inbox_.situation != Situation::kMatched || !inbox_.user) {
      const auto situation =
          inbox_.situation == Situation::kMatched ? Situation::kUnknownContact : inbox_.situation;
      Say(components, GuidanceFor(situation));
      components.push_back(SubmitButton(kReloadId, "Look again"));
      return components;
    }
    components.push_back(Tabs());
    const auto* profile = ShownProfile();
    if (profile == nullptr) {
      Say(components, NoProfiles());
      return components;
    }
    Append(components, Body(*profile));
    Append(components, Profiles(*profile));
    return components;
  }

 private:
  Component Tabs() const {
    return SingleSelect(kTabsId,
                        {{std::string(OptionOf(Tab::kSummary)), "Summary"},
                         {std::string(OptionOf(Tab::kAccount)), "Account"},
                         {std::string(OptionOf(Tab::kUser)), "User"},
                         {std::string(OptionOf(Tab::kInfo)), "Info"}},
                        OptionOf(choice_.tab));
  }

  const Profile* ShownProfile() const {
    if (!inbox_.shown) return nullptr;
    const auto found =
        std::find_if(inbox_.profiles.begin(), inbox_.profiles.end(),
                     [&](const Profile& profile) { return profile.key == *inbox_.shown; });
    return found == inbox_.profiles.end() ? nullptr : &*found;
  }

  /// The summary profile of the product that is shown; the shown one when it has none.
  const Profile& SummaryProfile(const Profile& shown) const {
    for (const auto& profile : inbox_.profiles) {
      if (profile.summary && profile.key.product == shown.key.product) return profile;
    }
    return shown;
  }

  Components Body(const Profile& shown) const {
    switch (choice_.tab) {
      case Tab::kSummary:
        return Summary(SummaryProfile(shown));
      case Tab::kAccount:
        return Account(shown);
      case Tab::kUser:
        return Whole(shown, *inbox_.user,
                     {"Score", "ActivationRate", "AdoptionRate", "LastActive", "Frequency"});
      case Tab::kInfo:
        return Info(shown);
    }
    return {};
  }

  /// Name of who is shown, in a component that shows it as it is.
  static Component Name(const Subject& subject) {
    const auto& name = subject.name.empty() ? subject.id.value() : subject.name;
    return Text(PlainInMarkdown(Shorten(name, 100)), TextStyle::kHeader);
  }

  /// Account health: of the conversation's account, or of the user who has none.
  Components Summary(const Profile& profile) const {
    const auto& subject = inbox_.accounts.empty() ? *inbox_.user : inbox_.accounts.front();
    Components components = {Name(subject)};
    if (!Sayable(profile, subject, components)) return components;
    components.push_back(DataTable(
        Only(ReadMeasures(profile, subject, {"Score", "ActivationRate", "LastActive"}, now_),
             {"Score", "Activation rate", "Last active", "Segments"})));
    AddFreshness(profile, subject, components);
    const auto changes = ReadChanges(profile, subject, now_);
    components.push_back(Text("**This week**"));
    components.push_back(changes.empty() ? Text("Nothing changed.", TextStyle::kMuted)
                                         : List(changes));
    return components;
  }

  Components Account(const Profile& profile) const {
    Components components;
    if (inbox_.accounts.empty()) {
      Say(components, NoAccount());
      return components;
    }
    const auto at = choice_.account < inbox_.accounts.size() ? choice_.account : 0;
    components = Whole(profile, inbox_.accounts[at],
                       {"Score", "ActivationRate", "AdoptionRate", "AdoptionRateAllTime",
                        "ActiveUsers", "TotalUsers", "Frequency", "LastActive"});
    if (inbox_.accounts.size() > 1) {
      components.push_back(Text("**Other accounts of this user**"));
      components.push_back(List(OtherAccounts(at)));
    }
    return components;
  }

  std::vector<ListItem> OtherAccounts(std::size_t shown) const {
    std::vector<ListItem> items;
    for (std::size_t i = 0; i < inbox_.accounts.size() && items.size() < kMostAccounts; ++i) {
      if (i == shown) continue;
      const auto& account = inbox_.accounts[i];
      items.push_back({std::string(kAccountPrefix) + std::to_string(i),
                       account.name.empty() ? account.id.value() : account.name, "", true});
    }
    const auto left_out = inbox_.accounts.size() - 1 - items.size();
    if (left_out > 0) {
      items.push_back({"more-accounts", "and " + std::to_string(left_out) + " more", ""});
    }
    return items;
  }

  Components Whole(const Profile& profile, const Subject& subject,
                   const std::vector<std::string_view>& first) const {
    Components components = {Name(subject)};
    if (Sayable(profile, subject, components)) {
      components.push_back(DataTable(ReadMeasures(profile, subject, first, now_)));
      AddFreshness(profile, subject, components);
    }
    if (const auto link = LinkTo(links_, subject, profile.key); !link.empty()) {
      components.push_back(LinkButton("open", "Open in Accoil", link));
    }
    return components;
  }

  /// How old the data is.
  void AddFreshness(const Profile& profile, const Subject& subject, Components& components) const {
    const auto newest = MeasuresOf(subject, profile).newest;
    if (newest <= core::TimePoint()) return;
    components.push_back(Text("Newest data: " + FormatMoment(newest, now_), TextStyle::kMuted));
  }

  /// Whether there is anything to show; says why when there is not.
  bool Sayable(const Profile& profile, const Subject& subject, Components& components) const {
    if (profile.mode == SyncMode::kOff) {
      Say(components, ProfileOff(profile.name));
      return false;
    }
    if (MeasuresOf(subject, profile).empty()) {
      Say(components, ProfileEmpty(profile.name, subject.kind, inbox_.profiles.size() > 1));
      return false;
    }
    return true;
  }

  static std::vector<Field> Only(std::vector<Field> fields,
                                 const std::vector<std::string_view>& names) {
    std::erase_if(fields, [&](const Field& field) {
      return std::find(names.begin(), names.end(), field.name) == names.end();
    });
    return fields;
  }

  static Components Info(const Profile& profile) {
    std::vector<ListItem> items;
    for (const auto& trait : profile.catalogue) {
      if (items.size() == kMostDefinitions) {
        items.push_back({"more-definitions",
                         "and " + std::to_string(profile.catalogue.size() - items.size()) + " more",
                         ""});
        break;
      }
      items.push_back({"info-" + std::to_string(items.size()), FormatLabel(trait.name),
                       trait.definition.empty() ? "No definition was given." : trait.definition});
    }
    if (items.empty()) {
      return {Text("This profile has no metrics yet.", TextStyle::kMuted)};
    }
    return {Text("What the metrics mean", TextStyle::kHeader), List(items)};
  }

  std::string Titled(const Profile& profile) const {
    const auto product = inbox_.products.find(profile.key.product);
    if (inbox_.products.size() < 2 || product == inbox_.products.end()) return profile.name;
    return product->second + " – " + profile.name;
  }

  Components Profiles(const Profile& shown) const {
    Components components = {Divider()};
    const auto& profiles = inbox_.profiles;
    if (profiles.size() < kFewestOptions) {
      components.push_back(
          Text("Profile: " + PlainInMarkdown(Shorten(Titled(shown), 100)), TextStyle::kMuted));
      return components;
    }
    // Pages as even as can be, so that none is left with a single option.
    const auto pages = (profiles.size() + kMostOptions - 1) / kMostOptions;
    const auto page = PageOf(shown, pages);
    const auto begin = profiles.size() * page / pages;
    const auto end = profiles.size() * (page + 1) / pages;
    std::vector<Option> options;
    std::string value;
    for (auto i = begin; i < end; ++i) {
      options.push_back({ToText(profiles[i].key), Titled(profiles[i])});
      if (profiles[i].key == shown.key) value = options.back().id;
    }
    if (value.empty()) {
      components.push_back(
          Text("Profile: " + PlainInMarkdown(Shorten(Titled(shown), 100)), TextStyle::kMuted));
    }
    components.push_back(Dropdown(kProfileId, "Profile", options, value));
    components.push_back(SubmitButton(kSwitchProfileId, "Switch profile"));
    if (pages > 1) {
      components.push_back(SubmitButton(kMoreProfilesId, "More profiles", ButtonStyle::kLink));
    }
    return components;
  }

  /// The page that was asked for, counted from the one with the shown profile.
  std::size_t PageOf(const Profile& shown, std::size_t pages) const {
    const auto& profiles = inbox_.profiles;
    std::size_t home = 0;
    for (std::size_t page = 0; page < pages; ++page) {
      const auto begin = profiles.size() * page / pages;
      const auto end = profiles.size() * (page + 1) / pages;
      for (auto i = begin; i < end; ++i) {
        if (profiles[i].key == shown.key) home = page;
      }
    }
    return (home + choice_.page) % pages;
  }

  const Inbox& inbox_;
  const Choice& choice_;
  const LinkTemplates& links_;
  const core::TimePoint now_;
};

}  // namespace

std::string RenderCanvas(const Inbox& inbox, const Choice& choice, const LinkTemplates& links,
                         core::TimePoint now) {
  const auto stored = ToStoredData(choice);
  auto components = Painter(inbox, choice, links, now).Paint();
  auto canvas = Canvas(components, stored);
  // Each part is bounded; should their sum pass the limit all the same, the longest go first.
  while (canvas.size() > kMostBytes && components.size() > 1) {
    const auto longest =
        std::max_element(components.begin(), components.end(),
                         [](const auto& a, const auto& b) { return a.size() < b.size(); });
    *longest = Text("There is more than the Inbox can show.", TextStyle::kMuted);
    canvas = Canvas(components, stored);
  }
  return canvas;
}

}  // namespace accoil::widget
