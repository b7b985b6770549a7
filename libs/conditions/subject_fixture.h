#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "libs/conditions/value.h"

namespace accoil::conditions::test {

/// The places of TestSchema's fields.
enum : std::size_t { kScore, kPlan, kTrial, kLastActive, kSegments, kDashed, kKeyword };

/// A field of each type, and two whose names need backquotes.
inline const Schema& TestSchema() {
  static const Schema schema{
      {"Score", Type::kNumber},    {"Plan", Type::kText},      {"Trial", Type::kBoolean},
      {"LastActive", Type::kDate}, {"Segments", Type::kTexts}, {"Seats-Used", Type::kNumber},
      {"In", Type::kText},
  };
  return schema;
}

/// A subject made up by the test. Texts given to Set must outlive it.
class Subject final : public Facts {
 public:
  Subject& Set(std::size_t field, Value value) {
    values_[field] = value;
    return *this;
  }
  Subject& Enter(std::string segment) {
    segments_.insert(std::move(segment));
    return *this;
  }

  Value Get(std::size_t field) const override {
    const auto found = values_.find(field);
    return found == values_.end() ? Value() : found->second;
  }
  bool Has(std::size_t, std::string_view text) const override {
    return segments_.find(text) != segments_.end();
  }
  bool HasAny(std::size_t) const override { return !segments_.empty(); }

 private:
  std::map<std::size_t, Value> values_;
  std::set<std::string, std::less<>> segments_;
};

}  // namespace accoil::conditions::test
