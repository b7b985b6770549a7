#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libs/postgres/database.h"
#include "services/widget/catalogue.h"
#include "services/widget/choice.h"
#include "services/widget/choice_keeper.h"
#include "services/widget/fact_cache.h"
#include "services/widget/fact_reader.h"
#include "services/widget/inbox.h"
#include "services/widget/metrics.h"

namespace accoil::widget {

/// Who looks into the Inbox at whom, from a request whose signature was right.
struct Look {
  core::WorkspaceId workspace;
  core::ContactId contact;
  bool lead = false;
  /// Intercom's companies of the conversation: the one that it names first.
  std::vector<core::CompanyId> companies;
  /// The teammate; empty when the request names none.
  std::string admin;
  /// What is chosen; nothing: what the teammate chose last.
  std::optional<Choice> choice;
};

/// What is shown of it.
struct Seen {
  Inbox inbox;
  Choice choice;
};

/// Reads what canvases show, that of many requests together. Only ever what belongs to the products
/// that are connected to a request's own workspace. What it has read lately, or wrote, it has from
/// the cache, without the database. Any thread; what it is given outlives it.
class InboxReader {
 public:
  InboxReader(postgres::Database& database, FactCache& cache, const ChoiceKeeper& choices,
              Metrics& metrics)
      : database_(database), cache_(cache), choices_(choices), metrics_(metrics) {}

  /// What each look sees, in their order. Throws core::Unavailable when the database is needed and
  /// cannot be reached.
  std::vector<Seen> Read(std::span<const Look> looks, core::TimePoint now) const;

 private:
  class Gathering;

  postgres::Database& database_;
  FactCache& cache_;
  const ChoiceKeeper& choices_;
  Metrics& metrics_;
  mutable CatalogueCache catalogues_;
};

}  // namespace accoil::widget
