#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libs/core/backoff.h"
#include "libs/core/clock.h"
#include "libs/core/crew.h"
#include "libs/intercom/permits.h"
#include "services/trait-sync/config.h"
#include "services/trait-sync/definitions.h"
#include "services/trait-sync/delivery_plan.h"
#include "services/trait-sync/metrics.h"
#include "services/trait-sync/store.h"
#include "services/trait-sync/workspace.h"

namespace accoil::traitsync {

/// What rounds are made of; all of it outlives them.
struct RoundTools {
  Store& store;
  Intercom& intercom;
  Definitions& definitions;
  const DeliveryConfig& config;
  const core::Clock& clock;
  const core::RandomSource& random;
  Metrics& metrics;
  Warnings& warnings;
  /// Tells matcher that the contacts or companies of these subjects are gone.
  std::function<void(core::ProductId, const std::vector<Subject>&)> request_match;
};

/// How a round ended, for whoever decides about the next one.
struct RoundResult {
  /// Deliveries that were claimed; none means that nothing is due any more.
  int claimed = 0;
  /// The budget had less than was wanted: come back after `rest`.
  bool exhausted = false;
  /// The workspace does not answer as it should: rest longer each time.
  bool trouble = false;
  /// It does: a call was answered as calls are.
  bool answered = false;
  /// The token is dead, or the product not connected: rest until that may have changed.
  bool shut_out = false;
  std::chrono::milliseconds rest{0};
};

/// Tells `connections` of a dead token; that it cannot be told only shows in the log, for the next
/// call meets the same answer.
void ReportUnauthorized(RoundTools& tools, Workspace& workspace);

/// One pass over a product's due deliveries: claims some, works out what differs from what was
/// delivered, sees that the definitions exist, writes each subject with one call, and ends the
/// claims. What needs no call is ended without one; what the budget has no call for is released.
/// Lives for one Run, on its dispatcher's thread.
class DeliveryRound {
 public:
  /// At most this many deliveries a round.
  static constexpr int kMost = 256;

  DeliveryRound(RoundTools& tools, core::Crew& crew, const DueProduct& product, Rank rank);

  /// Works on up to `most` deliveries. Throws core::Unavailable when the database cannot be
  /// reached; the claims then end by themselves.
  RoundResult Run(int most);

 private:
  /// A claimed delivery on its way through the round.
  struct Item {
    const ClaimedDelivery* claimed = nullptr;
    LoadedDelivery loaded;
    DeliveryPlan plan;
    Completion completion;
    /// What Intercom has taken, values and nulls.
    std::set<std::string> written;
    /// Set when its call was refused as a whole.
    std::optional<intercom::Failure> refusal;
    /// Whether the definitions were looked at since then, so that the same may pass now.
    bool worth_repeating = false;
  };

  void Plan();
  void Define(SubjectKind kind);
  /// Ends what needs no call; answers the rest.
  std::vector<Item*> NeedCalls();
  void Send(const std::vector<Item*>& items);
  void SendOne(Item& item);
  void MendRefused(const std::vector<Item*>& items);
  void MendOne(Item& item);
  std::optional<intercom::Outcome<intercom::Done>> Write(Item& item,
                                                         const intercom::AttributeValues& values);
  void Acknowledged(Item& item, const intercom::AttributeValues& sent);
  /// A target in doubt may also hold what was not written now, of attributes that are not wanted or
  /// archived: that stays in doubt, so that it is written or cleared when they are wanted again.
  void KeepDoubt(Item& item);
  void Failed(Item& item, const intercom::Failure& failure);
  void Release(Item& item);
  void Finish(Item& item);
  void Retry(Item& item, std::chrono::milliseconds in, const std::string& error);
  void EndClaims();
  bool MayCall() const;
  const std::vector<WantedAttribute>& AttributesOf(SubjectKind kind) const;
  core::TimePoint RetryRefused() const;
  /// Attributes that were at fault on other subjects of this round.
  std::set<std::string> Suspects();
  void Suspect(const std::map<std::string, std::string>& refused);

  RoundTools& tools_;
  core::Crew& crew_;
  const DueProduct& product_;
  const Rank rank_;
  std::unique_ptr<Workspace> workspace_;
  std::optional<intercom::Permits> permits_;
  std::vector<WantedAttribute> contact_attributes_;
  std::vector<WantedAttribute> company_attributes_;
  Claim claim_;
  /// The workspace's era, as far as this round knows.
  std::int64_t era_ = 0;
  /// Of the product's attributes, whatever became of them; for kinds with a target in doubt.
  std::map<SubjectKind, std::vector<std::string>> names_;
  std::chrono::steady_clock::time_point call_until_;
  core::TimePoint sent_at_;
  std::vector<Item> items_;
  RoundResult result_;

  /// Set by the threads that call; each ends the sending.
  std::atomic<bool> unauthorized_{false};
  std::atomic<bool> throttled_{false};
  std::atomic<int> failures_in_a_row_{0};
  std::atomic<bool> answered_{false};
  std::mutex suspects_mutex_;
  std::set<std::string> suspects_;  // guarded by suspects_mutex_
};

}  // namespace accoil::traitsync
