#pragma once

#include <string>
#include <vector>

#include "libs/postgres/result.h"
#include "services/trait-sync/subject.h"

/// Subjects of one product in batched statements and their answers.
namespace accoil::traitsync {

struct SubjectColumns {
  std::vector<int> kind;
  std::vector<std::string> subject_id;

  void Add(const Subject& subject) {
    kind.push_back(static_cast<int>(subject.kind));
    subject_id.push_back(subject.id.value());
  }
};

inline Subject SubjectOf(const postgres::Row& row) {
  return {row.Get<SubjectKind>("kind"), row.Get<core::SubjectId>("subject_id")};
}

}  // namespace accoil::traitsync
