#pragma once

#include <span>
#include <string>
#include <vector>

#include "libs/core/clock.h"
#include "libs/postgres/database.h"
#include "services/widget/fact_key.h"
#include "services/widget/inbox.h"

namespace accoil::widget {

/// Reads the facts that canvases show, all by key, those of many keys in one statement: packed (see
/// facts.h), one for each key and in their order. What is not there reads as empty.
class FactStore {
 public:
  /// `tx` outlives it. What was left long before `now` is not read.
  FactStore(postgres::Transaction& tx, core::TimePoint now) : tx_(tx), now_(now) {}

  /// std::vector<ConnectedProduct>.
  std::vector<std::string> Load(std::span<const core::WorkspaceId> workspaces) const;
  /// std::vector<MatchedUser>.
  std::vector<std::string> Load(std::span<const ContactKey> contacts) const;
  /// std::vector<ProfileFact>, by name.
  std::vector<std::string> Load(std::span<const core::ProductId> products) const;
  /// SubjectFact.
  std::vector<std::string> Load(std::span<const SubjectKey> subjects) const;
  /// Measures.
  std::vector<std::string> Load(std::span<const MeasuresKey> measures) const;
  /// The choice as stored_data has it; empty when there is none.
  std::vector<std::string> Load(std::span<const TeammateKey> teammates) const;

 private:
  postgres::Transaction& tx_;
  core::TimePoint now_;
};

}  // namespace accoil::widget
