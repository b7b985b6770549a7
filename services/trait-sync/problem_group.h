#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/core/clock.h"
#include "services/trait-sync/attribute_value.h"
#include "services/trait-sync/subject.h"

namespace accoil::traitsync {

/// What keeps data from Intercom; each as accoil.traitsync.v1 tells it.
enum class ProblemClass {
  kAttributeRefused,
  kCannotArchive,
  kUnknownProfile,
  kValueRefused,
  kValueUnfit,
  kTargetGone,
  kFailing,
  kWaiting,
};
const char* ToString(ProblemClass problem);

/// The class of a value that is set aside.
ProblemClass ProblemOf(ReasonClass reason);
/// The reasons of a class of values set aside; none of another class.
std::vector<ReasonClass> ReasonsOf(ProblemClass problem);

/// Problems with one reason.
struct ProblemGroup {
  ProblemClass problem = ProblemClass::kWaiting;
  /// Of whom, in the classes that are told apart by it.
  std::optional<SubjectKind> kind;
  /// The attribute or profile, of the groups that are about one.
  std::string name;
  /// Of the failing: the status that Intercom answers with, or none.
  std::string status;
  /// In words, of one of the group.
  std::string reason;
  /// 0 where it is about the attribute or profile alone.
  std::int64_t subjects = 0;
  /// The first ones by kind and id.
  std::vector<Subject> examples;
  std::optional<core::TimePoint> since;
  /// When it is tried again by itself.
  std::optional<core::TimePoint> retry_at;
};

/// Names a group among its product's, the same as long as it exists; at most 200 bytes.
std::string KeyOf(const ProblemGroup& group);

/// The largest groups first, at most so many; those of the same size in the order of their keys.
std::vector<ProblemGroup> Largest(std::vector<ProblemGroup> groups, std::size_t most);

}  // namespace accoil::traitsync
