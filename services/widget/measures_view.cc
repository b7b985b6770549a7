#include "services/widget/measures_view.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "services/widget/formatting.h"

namespace accoil::widget {
namespace {

constexpr const char* kNoData = "no data yet";
// Together within what a value of a data-table shows.
constexpr std::size_t kMostSegmentName = 80;
constexpr std::size_t kMostSegmentsText = 400;
constexpr std::size_t kMostTraits = 40;
constexpr std::size_t kMostChanges = 10;
constexpr std::chrono::days kWeek(7);

/// Accoil's own traits that are shares in percent.
bool IsRate(std::string_view trait) {
  return trait == "ActivationRate" || trait == "AdoptionRate" || trait == "AdoptionRateAllTime";
}

std::optional<double> NumberOf(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  return std::nullopt;
}

std::string ReadNumber(const std::string& trait, double number) {
  constexpr int kDaysOfPeriod = 7;
  if (trait == "Score") return FormatNumber(number) + " · " + std::string(ScoreWord(number));
  if (IsRate(trait)) return FormatPercent(number);
  if (trait == "Frequency") {
    return FormatNumber(number) + " of " + std::to_string(kDaysOfPeriod) + " days";
  }
  return FormatNumber(number);
}

/// An RFC 3339 date-time or date; nothing when it is none.
std::optional<core::TimePoint> DateOf(const std::string& text) {
  // The day alone is shown, and the day is the first ten characters of both.
  constexpr std::size_t kLength = 10;
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  char first = 0;
  char second = 0;
  std::istringstream in(text.substr(0, kLength));
  in >> year >> first >> month >> second >> day;
  if (in.fail() || first != '-' || second != '-') return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return core::TimePoint(std::chrono::sys_days(date));
}

const TraitDefinition* Find(const Profile& profile, std::string_view name) {
  for (const auto& trait : profile.catalogue) {
    if (trait.name == name) return &trait;
  }
  return nullptr;
}

bool On(const TraitDefinition& trait, SubjectKind kind) {
  return kind == SubjectKind::kUser ? trait.on_users : trait.on_accounts;
}

Field FieldOf(const TraitDefinition& definition, const Trait& trait, core::TimePoint now) {
  auto text = ReadValue(definition, trait.value, now);
  if (const auto change = ChangeOf(trait)) text += " (" + FormatChange(*change) + " this week)";
  return {FormatLabel(definition.name), std::move(text)};
}

}  // namespace

const Measures& MeasuresOf(const Subject& subject, const Profile& profile) {
  static const Measures none;
  const auto found = subject.measures.find(profile.key.profile);
  return found == subject.measures.end() ? none : found->second;
}

std::string ReadValue(const TraitDefinition& trait, const Value& value, core::TimePoint now) {
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean ? "yes" : "no";
  if (const auto* number = std::get_if<double>(&value)) return ReadNumber(trait.name, *number);
  const auto& text = std::get<std::string>(value);
  if (trait.type == TraitType::kDate) {
    if (const auto date = DateOf(text)) return FormatMoment(*date, now);
  }
  return text;
}

std::optional<double> ChangeOf(const Trait& trait) {
  if (!trait.week_ago) return std::nullopt;
  const auto now = NumberOf(trait.value);
  const auto before = NumberOf(*trait.week_ago);
  if (!now || !before || *now == *before) return std::nullopt;
  return *now - *before;
}

std::string ReadSegments(const std::vector<Segment>& segments) {
  if (segments.empty()) return "none";
  std::string text;
  std::size_t shown = 0;
  for (const auto& segment : segments) {
    const auto name = Shorten(segment.name, kMostSegmentName);
    if (shown > 0 && text.size() + name.size() > kMostSegmentsText) break;
    if (shown++ > 0) text += ", ";
    text += name;
  }
  if (shown < segments.size()) {
    text += " and " + std::to_string(segments.size() - shown) + " more";
  }
  return text;
}

std::vector<Field> ReadMeasures(const Profile& profile, const Subject& subject,
                                const std::vector<std::string_view>& first, core::TimePoint now) {
  const auto& measures = MeasuresOf(subject, profile);
  std::vector<Field> fields;
  std::set<std::string_view> shown;
  for (const auto name : first) {
    // A profile may do without one of them: then there is nothing to say of it.
    const auto* definition = Find(profile, name);
    if (definition == nullptr || !On(*definition, subject.kind)) continue;
    shown.insert(name);
    const auto trait = measures.traits.find(definition->name);
    fields.push_back(trait == measures.traits.end() ? Field{FormatLabel(name), kNoData}
                                                    : FieldOf(*definition, trait->second, now));
  }
  std::size_t further = 0;
  for (const auto& definition : profile.catalogue) {
    if (!On(definition, subject.kind) || !shown.insert(definition.name).second) continue;
    const auto trait = measures.traits.find(definition.name);
    if (trait == measures.traits.end()) continue;
    if (further++ < kMostTraits) fields.push_back(FieldOf(definition, trait->second, now));
  }
  if (further > kMostTraits) {
    fields.push_back({"Further traits", "and " + std::to_string(further - kMostTraits) + " more"});
  }
  fields.push_back({"Segments", ReadSegments(measures.segments)});
  return fields;
}

std::vector<ListItem> ReadChanges(const Profile& profile, const Subject& subject,
                                  core::TimePoint now) {
  const auto& measures = MeasuresOf(subject, profile);
  struct Moved {
    const TraitDefinition* definition;
    const Trait* trait;
    double change;
  };
  std::vector<Moved> moved;
  for (const auto& definition : profile.catalogue) {
    const auto trait = measures.traits.find(definition.name);
    if (trait == measures.traits.end() || !On(definition, subject.kind)) continue;
    if (const auto change = ChangeOf(trait->second)) {
      moved.push_back({&definition, &trait->second, *change});
    }
  }
  std::stable_sort(moved.begin(), moved.end(), [](const Moved& a, const Moved& b) {
    return std::abs(a.change) > std::abs(b.change);
  });

  std::vector<ListItem> items;
  for (const auto& [definition, trait, change] : moved) {
    items.push_back({"", FormatLabel(definition->name) + " " + FormatChange(change),
                     ReadValue(*definition, *trait->week_ago, now) + " → " +
                         ReadValue(*definition, trait->value, now)});
  }
  for (const auto& segment : measures.segments) {
    if (now - segment.since < kWeek) {
      items.push_back({"", "Entered " + segment.name, FormatAgo(segment.since, now)});
    }
  }
  for (const auto& name : measures.left) items.push_back({"", "Left " + name, ""});
  const auto all = items.size();
  if (all > kMostChanges) {
    items.resize(kMostChanges);
    items.push_back({"", "and " + std::to_string(all - kMostChanges) + " more", ""});
  }
  for (std::size_t i = 0; i < items.size(); ++i) items[i].id = "change-" + std::to_string(i);
  return items;
}

}  // namespace accoil::widget
