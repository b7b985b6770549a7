#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "libs/core/run.h"
#include "libs/postgres/database.h"
#include "libs/telemetry/log.h"
#include "services/widget/choice.h"
#include "services/widget/fact_key.h"

namespace accoil::widget {

/// Remembers what teammates chose last, behind their clicks: a choice is told to the database, and
/// so to the other replicas, at once when there was none lately, else with those of the next 100
/// ms, in one statement. Until then, and while the database is away, it is known here alone; should
/// the process or the server crash, the last ones may be lost. A thread of its own.
class ChoiceKeeper final : public core::Part {
 public:
  /// `database` outlives it.
  ChoiceKeeper(postgres::Database& database, telemetry::Logger logger);

  void Start() override { loop_.Start(); }
  /// Tells the rest.
  void Stop() override;

  /// Any thread. Tab and profile are kept, but not page and account: they belong to one
  /// conversation.
  void Remember(const TeammateKey& teammate, const Choice& choice);
  /// What was remembered just now, and others may not know yet. Any thread.
  std::optional<Choice> Find(const TeammateKey& teammate) const;

  /// Tells the database; what it throws leaves the choices to the next time. One thread at a time.
  void Tell();

 private:
  struct Recent {
    std::string text;
    /// Which Remember it comes from.
    std::uint64_t number = 0;
    bool told = false;
  };

  std::chrono::milliseconds Step();

  postgres::Database& database_;
  telemetry::Logger logger_;
  mutable std::mutex mutex_;
  std::map<TeammateKey, Recent> recent_;
  std::uint64_t last_number_ = 0;
  core::Loop loop_;
};

}  // namespace accoil::widget
