#include "services/trait-sync/problem_group.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace accoil::traitsync {
namespace {

constexpr std::size_t kLongestKey = 200;

/// Sixteen hexadecimal digits that tell names apart (FNV-1a).
std::string Digest(std::string_view text) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1'099'511'628'211U;
  }
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
  return digits.data();
}

}  // namespace

const char* ToString(ProblemClass problem) {
  switch (problem) {
    case ProblemClass::kAttributeRefused:
      return "attribute_refused";
    case ProblemClass::kCannotArchive:
      return "cannot_archive";
    case ProblemClass::kUnknownProfile:
      return "unknown_profile";
    case ProblemClass::kValueRefused:
      return "value_refused";
    case ProblemClass::kValueUnfit:
      return "value_unfit";
    case ProblemClass::kTargetGone:
      return "target_gone";
    case ProblemClass::kFailing:
      return "failing";
    case ProblemClass::kWaiting:
      return "waiting";
  }
  return "waiting";
}

ProblemClass ProblemOf(ReasonClass reason) {
  switch (reason) {
    case ReasonClass::kWrongType:
    case ReasonClass::kTooLong:
    case ReasonClass::kNotFinite:
    case ReasonClass::kBadText:
      return ProblemClass::kValueUnfit;
    case ReasonClass::kRefused:
      return ProblemClass::kValueRefused;
    case ReasonClass::kTargetGone:
      return ProblemClass::kTargetGone;
  }
  return ProblemClass::kValueUnfit;
}

std::vector<ReasonClass> ReasonsOf(ProblemClass problem) {
  std::vector<ReasonClass> reasons;
  for (const auto reason :
       {ReasonClass::kWrongType, ReasonClass::kTooLong, ReasonClass::kNotFinite,
        ReasonClass::kBadText, ReasonClass::kRefused, ReasonClass::kTargetGone}) {
    if (ProblemOf(reason) == problem) reasons.push_back(reason);
  }
  return reasons;
}

std::string KeyOf(const ProblemGroup& group) {
  std::string key = ToString(group.problem);
  if (group.kind) key += std::string(":") + intercom::ToString(ModelOf(*group.kind));
  if (!group.status.empty()) key += ":" + group.status;
  if (group.name.empty()) return key;
  if (key.size() + 1 + group.name.size() > kLongestKey) return key + ":#" + Digest(group.name);
  return key + ":" + group.name;
}

std::vector<ProblemGroup> Largest(std::vector<ProblemGroup> groups, std::size_t most) {
  std::vector<std::pair<std::string, ProblemGroup>> keyed;
  keyed.reserve(groups.size());
  for (auto& group : groups) {
    auto key = KeyOf(group);
    keyed.emplace_back(std::move(key), std::move(group));
  }
  std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) {
    if (a.second.subjects != b.second.subjects) return a.second.subjects > b.second.subjects;
    return a.first < b.first;
  });
  if (keyed.size() > most) keyed.resize(most);
  std::vector<ProblemGroup> largest;
  largest.reserve(keyed.size());
  for (auto& [key, group] : keyed) largest.push_back(std::move(group));
  return largest;
}

}  // namespace accoil::traitsync
