#include "services/trait-sync/attribute_naming.h"

#include "services/trait-sync/attribute_value.h"

namespace accoil::traitsync {

std::string AttributeName(std::string_view prefix, std::string_view profile_name,
                          std::string_view trait, SubjectKind kind, bool on_both) {
  std::string name(prefix);
  name += '_';
  for (const char c : profile_name) {
    if (c != ' ') name += c;
  }
  name += '_';
  name += trait;
  if (on_both && kind == SubjectKind::kAccount) name += "_Account";
  return name;
}

std::optional<std::string> NameProblem(std::string_view name, std::size_t most_characters) {
  if (CharactersOf(name) > most_characters) {
    return "the name is longer than " + std::to_string(most_characters) + " characters";
  }
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter_or_digit =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!letter_or_digit && byte < 0x80 && c != '_' && c != '-' && c != ' ') {
      std::string problem = "the name has the character ";
      problem += c;
      return problem += ", which Intercom does not take in the name of an attribute";
    }
  }
  return std::nullopt;
}

}  // namespace accoil::traitsync
