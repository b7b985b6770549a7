#include "libs/conditions/condition.h"

#include <algorithm>

#include "libs/conditions/lexer.h"
#include "libs/conditions/parser.h"

namespace accoil::conditions {
namespace {

/// What a condition looks at.
class Survey {
 public:
  void Look(const Node& node) {
    std::visit([&](const auto& part) { See(part); }, node.is);
  }

  std::vector<std::size_t> fields;
  std::vector<std::string> texts;
  bool depends_on_time = false;

 private:
  template <typename Part>
  void See(const Part& comparison) {
    fields.push_back(comparison.field);
  }
  void See(const CompareAge& comparison) {
    fields.push_back(comparison.field);
    depends_on_time = true;
  }
  void See(const HasText& comparison) {
    fields.push_back(comparison.field);
    texts.push_back(comparison.text);
  }
  void See(const Not& negation) { Look(*negation.of); }
  void See(const And& junction) {
    for (const auto& node : junction.of) Look(node);
  }
  void See(const Or& junction) {
    for (const auto& node : junction.of) Look(node);
  }
};

template <typename T>
std::vector<T> EachOnce(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

}  // namespace

Condition Condition::Parse(std::string_view text, const Schema& schema, const std::string& field) {
  const Source source{text, field};
  CheckCharacters(source);
  Condition condition;
  condition.root_ = std::make_shared<const Node>(ParseNode(source, schema));
  Survey survey;
  survey.Look(*condition.root_);
  condition.fields_ = EachOnce(std::move(survey.fields));
  condition.texts_ = EachOnce(std::move(survey.texts));
  condition.depends_on_time_ = survey.depends_on_time;
  return condition;
}

}  // namespace accoil::conditions
