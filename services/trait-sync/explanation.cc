#include "services/trait-sync/explanation.h"

namespace accoil::traitsync {
namespace {

using intercom::AttributeValue;

bool IsNull(const AttributeValue& value) { return std::holds_alternative<std::monostate>(value); }

/// The trait's value as the product stated it.
AttributeValue Stated(const SubjectFacts& facts, const WantedAttribute& attribute,
                      std::size_t most_characters) {
  const auto found = facts.traits.find({attribute.profile, attribute.trait});
  if (found == facts.traits.end()) return {};
  const auto& stored = found->second;
  if (stored == "NaN" || stored == "Infinity" || stored == "-Infinity") return stored;
  auto value = ValueFromJson(stored);
  if (auto* text = std::get_if<std::string>(&value))
    *text = FirstCharacters(*text, most_characters);
  return value;
}

/// Explains one attribute after the other, for whether a name is taken depends on those before.
class Explainer {
 public:
  Explainer(const SubjectStanding& subject, const AttributeLimits& limits)
      : subject_(subject), limits_(limits) {}

  ExplainedAttribute Explain(const Profile& profile, WantedAttribute attribute,
                             const TypedValue& value) {
    ExplainedAttribute explained;
    const auto [holder, first] = holders_.try_emplace(attribute.name, profile.name);
    const auto* rejection = std::get_if<Rejection>(&value);
    explained.wanted = rejection != nullptr ? Stated(subject_.facts, attribute, limits_.text)
                                            : std::get<AttributeValue>(value);
    if (first) {
      const auto delivered = subject_.state.delivered.find(attribute.name);
      if (delivered != subject_.state.delivered.end()) explained.delivered = delivered->second;
    }
    explained.attribute = std::move(attribute);
    if (IsNull(explained.wanted) && IsNull(explained.delivered)) return explained;
    if (!subject_.connected) {
      explained.state = Explained::kPaused;
    } else if (!subject_.matched) {
      explained.state = Explained::kNotMatched;
    } else if (!first) {
      explained.state = Explained::kRefused;
      explained.reason = "the profile " + holder->second +
                         " has an attribute of the same name, so this one is left out: give one of "
                         "the profiles another name";
    } else if (rejection != nullptr) {
      explained.state = Explained::kSetAside;
      explained.reason = rejection->reason;
    } else {
      Decide(explained);
    }
    return explained;
  }

 private:
  /// With a value of the right type, on a subject that has a target.
  void Decide(ExplainedAttribute& explained) const {
    const auto& name = explained.attribute.name;
    const auto& set_aside = subject_.state.set_aside;
    if (const auto whole = set_aside.find(""); whole != set_aside.end()) {
      explained.state = Explained::kSetAside;
      explained.reason = whole->second.reason;
      return;
    }
    const auto definition = subject_.definitions.find(name);
    const bool defined = definition != subject_.definitions.end();
    if (defined && definition->second.state == "refused") {
      explained.state = Explained::kRefused;
      explained.reason = definition->second.reason;
      return;
    }
    // A value below an archived definition is shown to nobody.
    const bool shown = !defined || definition->second.state != "archived";
    if (shown && !subject_.state.distrust && SameValue(explained.wanted, explained.delivered)) {
      explained.state = Explained::kDelivered;
      return;
    }
    if (defined && definition->second.state == "wanted" && !IsNull(explained.wanted)) {
      explained.state = Explained::kWaiting;
      explained.reason = definition->second.reason;
      return;
    }
    const auto refused = set_aside.find(name);
    if (refused != set_aside.end() && refused->second.refused &&
        SameValue(*refused->second.refused, explained.wanted)) {
      explained.state = Explained::kSetAside;
      explained.reason = refused->second.reason;
      return;
    }
    explained.state = Explained::kDue;
  }

  const SubjectStanding& subject_;
  const AttributeLimits& limits_;
  /// The names that are taken, each with the profile that has it.
  std::map<std::string, std::string> holders_;
};

}  // namespace

const char* ToString(Explained state) {
  switch (state) {
    case Explained::kDelivered:
      return "delivered";
    case Explained::kNoValue:
      return "no_value";
    case Explained::kDue:
      return "due";
    case Explained::kWaiting:
      return "waiting";
    case Explained::kSetAside:
      return "set_aside";
    case Explained::kRefused:
      return "refused";
    case Explained::kNotMatched:
      return "not_matched";
    case Explained::kPaused:
      return "paused";
  }
  return "no_value";
}

std::vector<ExplainedAttribute> ExplainAttributes(const SubjectStanding& subject,
                                                  const AttributeLimits& limits) {
  std::vector<ExplainedAttribute> explained;
  Explainer explainer(subject, limits);
  for (const auto& profile : subject.profiles) {
    auto attributes = WantedAttributes(subject.prefix, {profile}, subject.kind);
    const auto values = WantedValues(attributes, subject.facts, limits);
    for (std::size_t i = 0; i < attributes.size(); ++i) {
      explained.push_back(explainer.Explain(profile, std::move(attributes[i]), values[i]));
    }
  }
  return explained;
}

}  // namespace accoil::traitsync
