#include "services/widget/choice_keeper.h"

#include <utility>

#include "services/widget/fact_notice.h"

namespace accoil::widget {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBetween(100);
constexpr milliseconds kAfterError(1'000);
constexpr milliseconds kIdle(60'000);
// While the database is away: a few MB.
constexpr std::size_t kMost = 10'000;
constexpr std::size_t kMostTogether = 500;

// In key order: two replicas must not wait for each other. The commit need not wait for the disk: a
// click that is forgotten does no harm.
constexpr const char* kKeep = R"sql(
  INSERT INTO choice AS c (workspace_id, admin_id, choice)
  SELECT wanted.* FROM set_config('synchronous_commit', 'off', true),
                       unnest($1::text[], $2::text[], $3::text[]) AS wanted
  ON CONFLICT (workspace_id, admin_id) DO UPDATE
    SET choice = excluded.choice, chosen_at = now() WHERE c.choice <> excluded.choice
)sql";

}  // namespace

ChoiceKeeper::ChoiceKeeper(postgres::Database& database, telemetry::Logger logger)
    : database_(database),
      logger_(std::move(logger)),
      loop_([this] { return Step(); },
            [this](const std::exception& error) {
              logger_.Warn("choices cannot be kept now", {{"problem", error.what()}});
              return kAfterError;
            }) {}

void ChoiceKeeper::Stop() {
  loop_.Stop();
  try {
    Tell();
  } catch (const std::exception& error) {
    logger_.Warn("the last choices are lost", {{"problem", error.what()}});
  }
}

void ChoiceKeeper::Remember(const TeammateKey& teammate, const Choice& choice) {
  Choice kept;
  kept.tab = choice.tab;
  kept.profile = choice.profile;
  auto text = ToStoredData(kept);
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = recent_.empty();
    const auto found = recent_.find(teammate);
    if (found == recent_.end() && recent_.size() >= kMost) return;
    auto& recent = found == recent_.end() ? recent_[teammate] : found->second;
    recent = {std::move(text), ++last_number_, false};
  }
  if (first) loop_.Wake();
}

std::optional<Choice> ChoiceKeeper::Find(const TeammateKey& teammate) const {
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    const auto found = recent_.find(teammate);
    if (found == recent_.end()) return std::nullopt;
    text = found->second.text;
  }
  return FromStoredData(text);
}

void ChoiceKeeper::Tell() {
  std::vector<std::pair<TeammateKey, Recent>> untold;
  {
    const std::lock_guard lock(mutex_);
    // What was told the last time has been heard by now, also here.
    std::erase_if(recent_, [](const auto& one) { return one.second.told; });
    for (const auto& one : recent_) {
      if (untold.size() < kMostTogether) untold.push_back(one);
    }
  }
  if (untold.empty()) return;
  std::vector<core::WorkspaceId> workspaces;
  std::vector<std::string> admins;
  std::vector<std::string> texts;
  FactNotice notice;
  for (const auto& [teammate, recent] : untold) {
    workspaces.push_back(teammate.workspace);
    admins.push_back(teammate.admin);
    texts.push_back(recent.text);
    notice.Changed(FactKey(teammate), recent.text);
  }
  database_.Transact([&](postgres::Transaction& tx) {
    tx.Execute(kKeep, workspaces, admins, texts);
    notice.Send(tx);
  });
  const std::lock_guard lock(mutex_);
  for (const auto& [teammate, recent] : untold) {
    const auto found = recent_.find(teammate);
    if (found != recent_.end() && found->second.number == recent.number) found->second.told = true;
  }
}

milliseconds ChoiceKeeper::Step() {
  Tell();
  const std::lock_guard lock(mutex_);
  return recent_.empty() ? kIdle : kBetween;
}

}  // namespace accoil::widget
