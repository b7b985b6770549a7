#include "services/tagging-automation/subjects/profile.h"

#include <algorithm>

#include "libs/core/rfc3339.h"

namespace accoil::tagging {
namespace {

using events::v1::TraitDefinition;

conditions::Type TypeOf(const TraitDefinition& trait) {
  switch (trait.type()) {
    case events::v1::INTEGER:
    case events::v1::FLOAT:
      return conditions::Type::kNumber;
    case events::v1::BOOLEAN:
      return conditions::Type::kBoolean;
    case events::v1::DATE:
      return conditions::Type::kDate;
    default:
      return conditions::Type::kText;
  }
}

std::vector<conditions::Field> TraitsOf(SubjectKind kind, const Profile& profile) {
  std::vector<conditions::Field> fields;
  for (const auto& trait : profile.catalogue.catalogue()) {
    const auto& on = trait.on();
    if (std::find(on.begin(), on.end(), static_cast<int>(kind)) == on.end()) continue;
    fields.push_back({trait.name(), TypeOf(trait)});
  }
  return fields;
}

conditions::Value TextValue(std::string_view text) {
  if (text.empty()) return {};
  return text;
}

}  // namespace

ProfileFields::ProfileFields(SubjectKind kind, const Profile& profile) {
  const auto traits = TraitsOf(kind, profile);
  schema_ = conditions::ProfileSchema(static_cast<conditions::Kind>(kind), traits);
  const auto is_trait = [&](const conditions::Field& field) {
    return std::any_of(traits.begin(), traits.end(),
                       [&](const auto& trait) { return trait.name == field.name; });
  };
  for (std::size_t place = 0; place < schema_.size(); ++place) {
    const auto& field = schema_[place];
    if (field.type == conditions::Type::kTexts) {
      sources_.push_back(Source::kSegments);
    } else if (is_trait(field)) {
      sources_.push_back(Source::kTrait);
      traits_.emplace_back(field.name, place);
    } else if (field.name == "Name") {
      sources_.push_back(Source::kName);
    } else if (field.name == "Email") {
      sources_.push_back(Source::kEmail);
    } else {
      sources_.push_back(Source::kId);
    }
  }
  std::sort(traits_.begin(), traits_.end());
}

SubjectView::SubjectView(const ProfileFields& fields, const SubjectFacts& facts,
                         const Identity& identity, const core::SubjectId& id)
    : fields_(fields),
      facts_(facts),
      identity_(identity),
      id_(id),
      traits_(fields.schema().size(), nullptr) {
  // Both are in the order of names.
  auto known = fields.traits().begin();
  for (const auto& trait : facts.stored().traits()) {
    while (known != fields.traits().end() && known->first < trait.name()) ++known;
    if (known == fields.traits().end()) return;
    if (known->first == trait.name()) traits_[known->second] = &trait;
  }
}

conditions::Value SubjectView::Get(std::size_t field) const {
  switch (fields_.source(field)) {
    case ProfileFields::Source::kName:
      return TextValue(identity_.name);
    case ProfileFields::Source::kEmail:
      return TextValue(identity_.email);
    case ProfileFields::Source::kId:
      return TextValue(id_.value());
    case ProfileFields::Source::kSegments:
      return {};
    case ProfileFields::Source::kTrait:
      break;
  }
  const auto* const trait = traits_[field];
  if (trait == nullptr) return {};
  switch (fields_.schema()[field].type) {
    case conditions::Type::kNumber:
      if (trait->has_number()) return trait->number();
      return {};
    case conditions::Type::kBoolean:
      if (trait->has_truth()) return trait->truth();
      return {};
    case conditions::Type::kText:
      if (trait->has_text()) return std::string_view(trait->text());
      return {};
    case conditions::Type::kDate:
      if (!trait->has_text()) return {};
      if (const auto date = core::ParseDate(trait->text())) return core::ToTimePoint(*date);
      return {};
    case conditions::Type::kTexts:
      return {};
  }
  return {};
}

bool SubjectView::Has(std::size_t, std::string_view text) const { return facts_.InSegment(text); }

bool SubjectView::HasAny(std::size_t) const { return facts_.InAnySegment(); }

}  // namespace accoil::tagging
