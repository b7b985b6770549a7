#include "services/tagging-automation/rules/rule_preview.h"

#include <algorithm>

#include "services/tagging-automation/wishes/directory.h"

namespace accoil::tagging {
namespace {

constexpr int kSlice = 1'000;

}  // namespace

v1::PreviewRuleResponse RulePreview::Run(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  answer_.set_complete(false);
  while (std::chrono::steady_clock::now() < end) {
    if (Step()) continue;
    answer_.set_complete(true);
    break;
  }
  return answer_;
}

bool RulePreview::Step() {
  return database_.Transact([&](postgres::Transaction& tx) {
    const auto all = Next(tx);
    std::vector<core::SubjectId> inside;
    for (const auto& [id, facts, identity] : all) {
      const SubjectView view(fields_, facts, identity, id);
      if (rule_.Inside(view, true, now_) && rule_.Passes(view, now_)) inside.push_back(id);
    }
    Add(tx, std::move(inside));
    if (static_cast<int>(all.size()) < kSlice) return false;
    after_ = all.back().id;
    return true;
  });
}

std::vector<Measured> RulePreview::Next(postgres::Transaction& tx) const {
  const auto& rule = rule_.rule();
  const auto& definition = rule.definition;
  if (std::holds_alternative<NewSubject>(definition.trigger)) {
    const auto ids = RulesStore::NextExisting(tx, rule, rule.created_at, after_, kSlice);
    return ReadMeasured(tx, rule.product, definition.kind, definition.profile, ids);
  }
  return ReadMeasured(tx, rule.product, definition.kind, definition.profile, after_, kSlice);
}

void RulePreview::Add(postgres::Transaction& tx, std::vector<core::SubjectId> inside) {
  if (inside.empty()) return;
  const auto& rule = rule_.rule();
  const auto kind = rule.definition.kind;
  std::set<core::SubjectId> matched;
  std::set<TagTarget> targets;
  for (const auto& action : rule.definition.actions) targets.insert(action.target);
  for (const auto target : targets) {
    matched.merge(Directory::Reachable(tx, rule.product, kind, target, inside));
  }
  answer_.set_subjects(answer_.subjects() + static_cast<std::int64_t>(inside.size()));
  answer_.set_matched(answer_.matched() + static_cast<std::int64_t>(matched.size()));

  const auto room = static_cast<std::size_t>(kExamples - answer_.examples_size());
  inside.resize(std::min(inside.size(), room));
  if (inside.empty()) return;
  std::set<Subject> subjects;
  for (const auto& id : inside) subjects.insert({rule.product, kind, id});
  const auto entries = RulesStore::LoadEntries(tx, subjects);
  const auto names = Directory::Names(tx, rule.product, kind, inside);
  for (const auto& id : inside) {
    auto& example = *answer_.add_examples();
    example.set_subject_id(id.value());
    if (const auto name = names.find(id); name != names.end()) example.set_name(name->second);
    example.set_matched(matched.contains(id));
    const auto of_subject = entries.find({rule.product, kind, id});
    if (of_subject == entries.end()) continue;
    const auto entry = of_subject->second.find(rule.id);
    example.set_fired(entry != of_subject->second.end() && entry->second.inside &&
                      entry->second.state == EntryState::kFired);
  }
}

}  // namespace accoil::tagging
