#include "services/tagging-automation/rules/measured.h"

namespace accoil::tagging {
namespace {

void AddIdentities(postgres::Transaction& tx, core::ProductId product, SubjectKind kind,
                   std::vector<Measured>& all) {
  std::set<Subject> subjects;
  for (const auto& one : all) subjects.insert({product, kind, one.id});
  const auto identities = RulesStore::LoadIdentities(tx, subjects);
  for (auto& one : all) {
    const auto found = identities.find({product, kind, one.id});
    if (found != identities.end()) one.identity = found->second;
  }
}

}  // namespace

std::vector<Measured> ReadMeasured(postgres::Transaction& tx, core::ProductId product,
                                   SubjectKind kind, const core::ProfileId& profile,
                                   const std::optional<core::SubjectId>& after, int most) {
  std::vector<Measured> all;
  for (const auto& row : RulesStore::ReadFacts(tx, product, kind, profile, after, most)) {
    all.push_back({row.key.subject, SubjectFacts(row.bytes), {}});
  }
  AddIdentities(tx, product, kind, all);
  return all;
}

std::vector<Measured> ReadMeasured(postgres::Transaction& tx, core::ProductId product,
                                   SubjectKind kind, const core::ProfileId& profile,
                                   std::span<const core::SubjectId> subjects) {
  std::set<FactsKey> keys;
  for (const auto& subject : subjects) keys.insert({product, kind, profile, subject});
  std::map<core::SubjectId, SubjectFacts> facts;
  for (const auto& row : RulesStore::ReadFactsOf(tx, keys)) {
    facts.emplace(row.key.subject, SubjectFacts(row.bytes));
  }
  std::vector<Measured> all;
  for (const auto& subject : subjects) {
    const auto found = facts.find(subject);
    all.push_back({subject, found == facts.end() ? SubjectFacts() : found->second, {}});
  }
  AddIdentities(tx, product, kind, all);
  return all;
}

}  // namespace accoil::tagging
