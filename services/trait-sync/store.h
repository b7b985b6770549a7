#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "accoil/events/v1/events.pb.h"
#include "libs/core/ids.h"
#include "libs/events/batch.h"
#include "libs/postgres/database.h"
#include "services/trait-sync/delivery_plan.h"
#include "services/trait-sync/profile.h"
#include "services/trait-sync/subject.h"
#include "services/trait-sync/store_runs.h"
#include "services/trait-sync/wanted_attributes.h"

namespace accoil::traitsync {

/// The service's tables.
std::vector<postgres::Migration> Migrations();

/// Which deliveries of a product are meant: those that a change made due, or those that catch up
/// after a match or in a sweep and give way to changes.
enum class Rank : std::int16_t { kChange = 0, kCatchUp = 1 };

/// A connected product that has something due.
struct DueProduct {
  core::ProductId product;
  core::WorkspaceId workspace;
  std::string attribute_prefix;
  bool changes = false;
  bool catch_up = false;
  bool former_targets = false;
};

/// A delivery that belongs to this worker until the claim ends.
struct ClaimedDelivery {
  Subject subject;
  std::string target_id;
  int attempt = 0;
  /// See DeliveryState.
  bool distrust = false;
  std::optional<core::TimePoint> changed_at;
  std::string traceparent;
};
struct Claim {
  std::int64_t token = 0;
  std::vector<ClaimedDelivery> deliveries;
};

/// What a delivery is planned from.
struct LoadedDelivery {
  SubjectFacts facts;
  intercom::AttributeValues delivered;
  SetAsides set_aside;
};

/// How a claimed delivery ended.
struct Completion {
  Subject subject;
  std::string target_id;
  /// Nothing: it is done. Otherwise it is due again after this long.
  std::optional<std::chrono::milliseconds> retry_in;
  int attempt = 0;
  std::string error;
  bool distrust = false;
  /// What the target holds now, when that changed.
  std::optional<intercom::AttributeValues> delivered;
  /// The subject's values set aside, when they changed.
  std::optional<SetAsides> set_aside;
  /// Whether a call for it was made, so that the target may hold what was sent.
  bool called = false;
};

/// A target to be cleared of what a subject left there.
struct FormerTarget {
  Subject subject;
  std::string target_id;
  std::vector<std::string> attributes;
  /// Any attribute of the product may be there.
  bool everything = false;
  /// Another subject (or this one again) has the target now: it is to write all of its own.
  bool in_use = false;
  int attempt = 0;
};
struct FormerClaim {
  std::int64_t token = 0;
  std::vector<FormerTarget> targets;
};
struct FormerCompletion {
  Subject subject;
  std::string target_id;
  /// Nothing: it is clear.
  std::optional<std::chrono::milliseconds> retry_in;
  int attempt = 0;
  std::string error;
};

/// The definition behind an attribute, as it is remembered.
struct AttributeRow {
  std::string name;
  /// present, wanted or refused.
  std::string state;
  std::string data_type;
  std::optional<std::int64_t> intercom_id;
  std::string reason;
  std::optional<core::TimePoint> retry_at;
  core::TimePoint checked_at;
};

/// The product's deliveries in numbers.
struct Summary {
  std::int64_t due = 0;
  std::chrono::milliseconds oldest_due{0};
  std::int64_t delivered = 0;
  std::int64_t set_aside = 0;
  std::map<std::string, std::int64_t> attributes;
};
struct SetAsideRow {
  /// Without a subject it is all of the kind.
  std::optional<Subject> subject;
  std::string attribute;
  std::string reason;
};
/// Work that waits, over all products.
struct Backlog {
  std::int64_t due = 0;
  std::chrono::milliseconds oldest{0};
};

/// All the SQL of the service, one method one statement where it can be. Times that decide what is
/// due and who holds a claim are the database's, so that replicas need not agree on theirs. Any
/// thread.
class Store {
 public:
  Store(postgres::Database& database, std::chrono::milliseconds window)
      : database_(database), window_(window) {}

  // Facts (store_facts.cc, store_matches.cc, store_profiles.cc): within the consumer's transaction.
  // Rows are written in key order.

  /// Keeps what is newer, and notes the subjects that changed by it.
  void ApplyFacts(postgres::Transaction& tx, const events::Batch& batch);
  /// Sets or takes away targets; what was delivered to a target that is left becomes a former
  /// target.
  void ApplyMatches(postgres::Transaction& tx, const events::Batch& batch);
  /// Keeps what is newer, and has the products that changed by it swept. Answers those whose
  /// connection changed.
  void ApplyProfiles(postgres::Transaction& tx, const events::Batch& batch);
  std::vector<core::ProductId> ApplyConnections(postgres::Transaction& tx,
                                                const events::Batch& batch);
  /// Which of the profiles no profile-changed ever told of.
  std::set<std::pair<core::ProductId, core::ProfileId>> UnknownProfiles(
      postgres::Transaction& tx,
      const std::set<std::pair<core::ProductId, core::ProfileId>>& profiles);
  /// Remembers that they were named, for people to see.
  void NoteUnknownProfiles(postgres::Transaction& tx,
                           const std::set<std::pair<core::ProductId, core::ProfileId>>& profiles);

  // Deliveries (store_deliveries.cc, store_completions.cc).

  std::vector<DueProduct> FindDue();
  std::vector<Profile> SyncedProfiles(core::ProductId product);
  /// Claims up to `most` deliveries that are due, the longest due first, passing over those that
  /// another worker has. Changes whose window has passed make their deliveries due before; calls
  /// for one subject are at least a window apart.
  Claim ClaimDeliveries(const DueProduct& product, Rank rank, int most,
                        std::chrono::milliseconds claim);
  std::map<Subject, LoadedDelivery> Load(core::ProductId product,
                                         const std::vector<ClaimedDelivery>& deliveries,
                                         const std::vector<Profile>& profiles);
  /// Ends claims. Those that were lost meanwhile though a call was made are due again and write all
  /// they want, for what the target holds is unknown. Answers how many were lost. `sweep_calls`
  /// were made to catch up; the product's sweep, if one is under way, took them.
  int Complete(core::ProductId product, const core::WorkspaceId& workspace, std::int64_t token,
               std::vector<Completion> completions, int sweep_calls = 0);

  // Former targets (store_former_targets.cc).

  FormerClaim ClaimFormerTargets(const DueProduct& product, int most,
                                 std::chrono::milliseconds claim);
  /// Ends claims. A target that some subject has by now is not forgotten: that subject writes all
  /// it wants.
  void CompleteFormerTargets(core::ProductId product, std::int64_t token,
                             const std::vector<FormerCompletion>& completions);

  // Definitions (store_attributes.cc).

  std::map<std::string, AttributeRow> FindAttributes(const core::WorkspaceId& workspace,
                                                     intercom::Model model,
                                                     const std::vector<std::string>& names);
  void PutAttributes(const core::WorkspaceId& workspace, intercom::Model model,
                     const std::vector<AttributeRow>& attributes);

  // Sweeps (store_sweep.cc).

  /// Has the product swept from its first subject on, whatever was swept already.
  void StartSweep(core::ProductId product);
  /// Forgets the changes of products that are not connected: connecting sweeps all anyway.
  void ForgetUnconnectedChanges();
  /// Marks the next slice of one sweep that may go on, or ends it after its last: not while
  /// deliveries of its slice before are still due. Answers whether anything was done.
  bool SweepOnce(int slice, std::chrono::milliseconds interval);

  // Reports (store_reports.cc).

  Summary Summarize(core::ProductId product);
  /// At most `most`: first what concerns whole attributes and profiles, then values.
  std::vector<SetAsideRow> ListSetAside(core::ProductId product,
                                        const std::vector<Profile>& profiles, int most);
  Backlog CountBacklog();

 private:
  postgres::Database& database_;
  std::chrono::milliseconds window_;
};

}  // namespace accoil::traitsync
  /// Ends the runs of sweeps that do not go on because their product is not connected any more.
  void StopUnconnectedSweeps();

  // Clean-up runs (store_runs.cc).

  /// A clean-up of the product has begun because of `trigger` (scheduled, requested, connected,
  /// profile_changed or disconnected); answers its run.
  std::int64_t BeginCleanUpRun(core::ProductId product, const std::string& trigger);
  /// It has ended.
  void FinishCleanUpRun(std::int64_t run, const RunOutcome& outcome);
