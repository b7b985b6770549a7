#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/postgres/result.h"
#include "services/tagging-automation/subjects/subject.h"

namespace accoil::tagging {

/// Subjects as the columns of a batched statement.
struct SubjectColumns {
  std::vector<std::int64_t> product_id;
  std::vector<int> kind;
  std::vector<std::string> subject_id;

  void Add(const Subject& subject) {
    product_id.push_back(subject.product.value());
    kind.push_back(static_cast<int>(subject.kind));
    subject_id.push_back(subject.id.value());
  }
  bool empty() const { return subject_id.empty(); }
};

/// The subject of a row's product_id, kind and subject_id.
inline Subject SubjectOf(const postgres::Row& row) {
  return {row.Get<core::ProductId>("product_id"), row.Get<SubjectKind>("kind"),
          row.Get<core::SubjectId>("subject_id")};
}

}  // namespace accoil::tagging
