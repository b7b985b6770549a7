#include "services/tagging-automation/subjects/facts.h"

#include <algorithm>
#include <stdexcept>

#include "libs/core/errors.h"
#include "libs/core/text.h"

namespace accoil::tagging {
namespace {

using google::protobuf::Value;
using v1::StoredFacts;

constexpr std::string_view kScore = "Score";

/// The place of the first item whose name is not less.
template <typename Items>
int LowerBound(const Items& items, std::string_view name) {
  return static_cast<int>(
      std::lower_bound(items.begin(), items.end(), name,
                       [](const auto& item, std::string_view than) { return item.name() < than; }) -
      items.begin());
}

/// Makes room for an item at a place.
template <typename Item>
Item& InsertAt(google::protobuf::RepeatedPtrField<Item>& items, int place) {
  auto& item = *items.Add();
  for (int i = items.size() - 1; i > place; --i) items.SwapElements(i, i - 1);
  return item;
}

/// Answers whether that is another value.
bool SetValue(StoredFacts::Trait& trait, const Value& value) {
  switch (value.kind_case()) {
    case Value::kNumberValue: {
      const bool same = trait.has_number() && trait.number() == value.number_value();
      trait.set_number(value.number_value());
      return !same;
    }
    case Value::kStringValue: {
      const auto text = core::CutUtf8(value.string_value(), SubjectFacts::kLongestText);
      const bool same = trait.has_text() && trait.text() == text;
      trait.set_text(std::string(text));
      return !same;
    }
    case Value::kBoolValue: {
      const bool same = trait.has_truth() && trait.truth() == value.bool_value();
      trait.set_truth(value.bool_value());
      return !same;
    }
    case Value::kNullValue: {
      const bool same = trait.value_case() == StoredFacts::Trait::VALUE_NOT_SET;
      trait.clear_value();
      return !same;
    }
    default:
      throw core::InvalidArgument("value", "must be a string, a number, a boolean or null");
  }
}

std::optional<double> NumberOf(const Value& value) {
  if (value.kind_case() != Value::kNumberValue) return std::nullopt;
  return value.number_value();
}

bool IsInside(const StoredFacts::Segment& segment) {
  return segment.entered_version() > segment.exited_version();
}

bool SameValue(const StoredFacts::Held& one, const StoredFacts::Held& other) {
  return one.has_value() == other.has_value() && one.value() == other.value();
}

/// Takes one away of very many: the oldest that says the same as the one before it, or else the
/// oldest that is neither the highest nor the lowest.
void Thin(google::protobuf::RepeatedPtrField<StoredFacts::Held>& scores) {
  const auto again = std::adjacent_find(scores.begin(), scores.end(), SameValue);
  if (again != scores.end()) {
    scores.erase(again + 1);
    return;
  }
  const auto less = [](const auto& one, const auto& other) { return one.value() < other.value(); };
  const auto [lowest, highest] = std::minmax_element(scores.begin(), scores.end(), less);
  auto least = scores.begin();
  while (least == lowest || least == highest) ++least;
  scores.erase(least);
}

}  // namespace

SubjectFacts::SubjectFacts(std::string_view bytes) {
  if (!stored_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    throw std::runtime_error("stored facts cannot be read");
  }
}

std::string SubjectFacts::ToBytes() const { return stored_.SerializeAsString(); }

SubjectFacts::Change SubjectFacts::ApplyTrait(std::string_view name, std::int64_t version,
                                              core::TimePoint occurred_at, const Value& value,
                                              core::TimePoint now) {
  auto& traits = *stored_.mutable_traits();
  const int place = LowerBound(traits, name);
  const bool known = place < traits.size() && traits[place].name() == name;
  Change change;
  if (known && traits[place].version() == version) return change;
  if (!known && traits.size() >= kMost) {
    throw core::InvalidArgument("trait", "the subject has " + std::to_string(kMost) +
                                             " traits in the profile already, the most there can "
                                             "be");
  }
  if (name == kScore) {
    change.scores = RememberScore(version, occurred_at, NumberOf(value), now);
    change.stored = change.scores;
  }
  if (known && traits[place].version() > version) return change;
  auto& trait = known ? traits[place] : InsertAt(traits, place);
  trait.set_name(std::string(name));
  trait.set_version(version);
  trait.set_occurred_at(core::ToMicroseconds(occurred_at));
  change.value = SetValue(trait, value);
  change.stored = true;
  return change;
}

bool SubjectFacts::RememberScore(std::int64_t version, core::TimePoint occurred_at,
                                 std::optional<double> value, core::TimePoint now) {
  auto& scores = *stored_.mutable_scores();
  int place = scores.size();
  while (place > 0 && scores[place - 1].version() > version) --place;
  if (place > 0 && scores[place - 1].version() == version) return false;

  StoredFacts::Held held;
  held.set_version(version);
  held.set_since(core::ToMicroseconds(occurred_at));
  if (value) held.set_value(*value);
  const auto begin = core::ToMicroseconds(now - kScoresKept);
  // It was over before what is remembered began.
  if (place == 0 && !scores.empty() && scores[0].since() <= begin) return false;
  InsertAt(scores, place) = std::move(held);

  int over = 0;
  while (over + 1 < scores.size() && scores[over + 1].since() <= begin) ++over;
  scores.DeleteSubrange(0, over);
  if (scores.size() > kMostScores) Thin(scores);
  return true;
}

SubjectFacts::Change SubjectFacts::ApplyMembership(std::string_view name, std::int64_t version,
                                                   bool entered, core::TimePoint occurred_at) {
  auto& segments = *stored_.mutable_segments();
  const int place = LowerBound(segments, name);
  const bool known = place < segments.size() && segments[place].name() == name;
  if (!known && segments.size() >= kMost) {
    throw core::InvalidArgument("segment", "the subject has " + std::to_string(kMost) +
                                               " segments in the profile already, the most there "
                                               "can be");
  }
  auto& segment = known ? segments[place] : InsertAt(segments, place);
  segment.set_name(std::string(name));
  const bool before = IsInside(segment);
  Change change;
  if (entered) {
    if (version > segment.entered_version()) {
      // Of a stay that goes on, another entrance only says so again.
      if (!before) {
        segment.set_stay_version(version);
        segment.set_entered_at(core::ToMicroseconds(occurred_at));
      }
      segment.set_entered_version(version);
      change.stored = true;
    }
  } else if (version > segment.exited_version()) {
    segment.set_exited_version(version);
    change.stored = true;
    if (before && IsInside(segment) && version > segment.stay_version()) {
      segment.set_stay_version(segment.entered_version());
      change.reentered = true;
    }
  }
  change.value = before != IsInside(segment);
  return change;
}

const StoredFacts::Trait* SubjectFacts::FindTrait(std::string_view name) const {
  const int place = LowerBound(stored_.traits(), name);
  if (place == stored_.traits_size() || stored_.traits(place).name() != name) return nullptr;
  return &stored_.traits(place);
}

std::optional<double> SubjectFacts::Number(std::string_view name) const {
  const auto* const trait = FindTrait(name);
  if (trait == nullptr || !trait->has_number()) return std::nullopt;
  return trait->number();
}

bool SubjectFacts::InSegment(std::string_view name) const {
  const int place = LowerBound(stored_.segments(), name);
  return place < stored_.segments_size() && stored_.segments(place).name() == name &&
         IsInside(stored_.segments(place));
}

bool SubjectFacts::InAnySegment() const {
  return std::any_of(stored_.segments().begin(), stored_.segments().end(), IsInside);
}

bool SubjectFacts::ScoreChanged(bool rises, double by, std::chrono::hours within,
                                core::TimePoint now) const {
  const auto& scores = stored_.scores();
  const auto score = Number(kScore);
  if (!score || scores.empty()) return false;
  const auto begin = core::ToMicroseconds(now - within);
  // Backwards, until one has ended before the window began.
  for (int i = scores.size() - 1; i >= 0; --i) {
    if (i + 1 < scores.size() && scores[i + 1].since() <= begin) return false;
    if (!scores[i].has_value()) continue;
    const auto change = rises ? *score - scores[i].value() : scores[i].value() - *score;
    if (change >= by) return true;
  }
  return false;
}

std::optional<core::TimePoint> SubjectFacts::NextScoreChange(std::chrono::hours within,
                                                             core::TimePoint now) const {
  const auto& scores = stored_.scores();
  const auto begin = core::ToMicroseconds(now - within);
  for (int i = 1; i < scores.size(); ++i) {
    if (scores[i].since() > begin) return core::FromMicroseconds(scores[i].since()) + within;
  }
  return std::nullopt;
}

}  // namespace accoil::tagging
