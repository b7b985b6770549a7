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
#include "services/trait-sync/attribute_row.h"
#include "services/trait-sync/clean_up_plan.h"
#include "services/trait-sync/delivery_plan.h"
#include "services/trait-sync/problem_group.h"
#include "services/trait-sync/profile.h"
#include "services/trait-sync/store_runs.h"
#include "services/trait-sync/subject.h"
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
  /// Null where the target may hold anything.
  intercom::AttributeValues delivered;
  /// When they were written last; see Store::AttributeEras.
  std::int64_t era = 0;
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
  /// What the target holds now, when that changed, and the era in which that was found out.
  std::optional<intercom::AttributeValues> delivered;
  std::int64_t era = 0;
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
  /// Nothing: it is clear, but for `archived`.
  std::optional<std::chrono::milliseconds> retry_in;
  /// Attributes that nobody sees now; should one be brought back, the target is looked at again.
  std::vector<std::string> archived;
  int attempt = 0;
  std::string error;
};

/// What came of looking at definitions, besides what is remembered of them.
enum class Appeared {
  kNothing,
  /// Some were made.
  kMade,
  /// Some were archived and are not any more.
  kBroughtBack,
};

/// Why a workspace is cleaned up: profile_changed, connected, disconnected, requested or scheduled;
/// and the product that it came from.
struct CleanUpCause {
  std::optional<core::ProductId> product;
  std::string cause;
};
/// A workspace to be cleaned up that belongs to this worker until the claim ends.
struct CleanUpClaim {
  core::WorkspaceId workspace;
  std::int64_t token = 0;
  /// Goes up whenever there is a new cause: what was decided before may be wrong then.
  std::int64_t marks = 0;
  int attempt = 0;
  CleanUpCause cause;
};
/// How a clean-up ended.
struct CleanUpEnd {
  /// When there is something to do again; nothing: when something changes.
  std::optional<std::chrono::milliseconds> again_in;
  /// Failures in a row, and the last one.
  int attempt = 0;
  std::string error;
  /// Whether it goes on then.
  bool unfinished = false;
};
/// A product through which a workspace can be reached.
struct WorkspaceProduct {
  core::ProductId product;
  std::int64_t version = 0;
  std::string attribute_prefix;
  bool disconnecting = false;
  /// Whether `connections` was told that the disconnecting has ended.
  bool finished = false;
};

/// The product's deliveries in numbers.
struct Summary {
  std::int64_t due = 0;
  std::chrono::milliseconds oldest_due{0};
  std::int64_t delivered = 0;
  std::int64_t set_aside = 0;
  std::map<std::string, std::int64_t> attributes;
  /// The product is not connected: what is due waits.
  bool paused = false;
};
struct SetAsideRow {
  /// Without a subject it is all of the kind.
  std::optional<Subject> subject;
  std::string attribute;
  std::string reason;
};
/// Work that waits.
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
  /// What `appeared` is looked at again by a clean-up; what was brought back has its values written
  /// again.
  void PutAttributes(const core::WorkspaceId& workspace, intercom::Model model,
                     const std::vector<AttributeRow>& attributes,
                     Appeared appeared = Appeared::kNothing);

  // Clean-up (store_clean_up.cc).

  /// The workspace is cleaned up now, also of what could not be archived before.
  void RequestCleanUp(const core::WorkspaceId& workspace);
  /// The workspace that has been due longest.
  std::optional<CleanUpClaim> ClaimCleanUp(std::chrono::milliseconds claim);
  void EndCleanUp(const CleanUpClaim& claim, const CleanUpEnd& end);
  /// Those connected first, then those that are being disconnected.
  std::vector<WorkspaceProduct> WorkspaceProducts(const core::WorkspaceId& workspace);
  std::vector<OurAttribute> OurAttributes(const core::WorkspaceId& workspace);
  /// Remembers that an attribute is about to be archived, so that a crash does not lose it, and
  /// answers the era of it. Nothing when the attribute, or what is wanted, may have changed since
  /// it was looked at.
  std::optional<std::int64_t> BeginArchiving(const CleanUpClaim& claim,
                                             const OurAttribute& attribute);
  // How that ended. Each does nothing when the attribute was brought back meanwhile.
  /// Intercom has archived it. False when it was brought back meanwhile: then it is looked at
  /// again.
  bool ConfirmArchived(const core::WorkspaceId& workspace, const OurAttribute& attribute,
                       std::int64_t era);
  /// Nothing was done: the attribute is as it is given.
  void NotArchived(const core::WorkspaceId& workspace, const OurAttribute& attribute,
                   std::int64_t era);
  /// Intercom does not have it.
  void ForgetAttribute(const core::WorkspaceId& workspace, const OurAttribute& attribute,
                       std::int64_t era);
  /// They are wanted again though they could not be archived.
  void KeepAttributes(const core::WorkspaceId& workspace,
                      const std::vector<OurAttribute>& attributes);
  /// Somebody else has archived it.
  void NoteArchived(const core::WorkspaceId& workspace, intercom::Model model,
                    const intercom::DataAttribute& found);
  /// The attributes that were ever archived, each with the workspace's era of it. Whatever a target
  /// was delivered of one in an era before is in doubt: Intercom may have kept it, or not, and may
  /// not show it.
  Eras AttributeEras(const core::WorkspaceId& workspace);
  /// The attributes of a product that ever were in its workspace, by their prefix.
  std::vector<std::string> AttributeNames(const core::WorkspaceId& workspace, intercom::Model model,
                                          const std::string& prefix);
  /// Whether a worker may still write for the product.
  bool DeliveriesUnderWay(core::ProductId product, const core::WorkspaceId& workspace);
  /// `connections` was told that this version of the product's connection has come to its end.
  void NoteDisconnectFinished(core::ProductId product, std::int64_t version);

  // Sweeps (store_sweep.cc).

  /// Has the product swept from its first subject on, whatever was swept already.
  void StartSweep(core::ProductId product);
  /// Forgets the changes of products that are not connected: connecting sweeps all anyway.
  void ForgetUnconnectedChanges();
  /// Marks the next slice of one sweep that may go on, or ends it after its last: not while
  /// deliveries of its slice before are still due. Answers whether anything was done.
  bool SweepOnce(int slice, std::chrono::milliseconds interval);
  /// Ends the runs of sweeps that do not go on because their product is not connected any more.
  void StopUnconnectedSweeps();

  // Clean-up runs (store_runs.cc).

  /// A clean-up of the product has begun because of `trigger` (scheduled, requested, connected,
  /// profile_changed or disconnected); answers its run.
  std::int64_t BeginCleanUpRun(core::ProductId product, const std::string& trigger);
  /// It has ended.
  void FinishCleanUpRun(std::int64_t run, const RunOutcome& outcome);

  // Retries (store_retry.cc): what is set aside or fails is tried again now.

  /// A definition that Intercom refused is looked at again when the product is swept, which begins
  /// now.
  void RetryAttribute(core::ProductId product, intercom::Model model, const std::string& attribute);
  /// The product's workspace is cleaned up now, also of what could not be archived.
  void RetryArchiving(core::ProductId product);
  /// The subjects of a group of values set aside, failing or waiting; a slice at a time, so that a
  /// large one holds up nobody. Answers how many that are.
  std::int64_t RetrySubjects(core::ProductId product, const ProblemGroup& group);

  // Reports (store_reports.cc).

  Summary Summarize(core::ProductId product);
  /// At most `most`: first what concerns whole attributes and profiles, then values.
  std::vector<SetAsideRow> ListSetAside(core::ProductId product,
                                        const std::vector<Profile>& profiles, int most);
  /// Of every workspace that is connected.
  std::map<core::WorkspaceId, Backlog> CountBacklog();

 private:
  /// The targets to be cleared that fail with the status; answers how many.
  std::int64_t RetryClearing(core::ProductId product, const std::string& status);
  /// Has workspaces cleaned up. Locks rows of clean_up and attribute, in this order, after those of
  /// sweep.
  static void MarkCleanUps(postgres::Transaction& tx,
                           const std::map<core::WorkspaceId, CleanUpCause>& causes);
  /// The same for what is seen of a workspace's definitions.
  static void Appear(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                     Appeared appeared);

  postgres::Database& database_;
  std::chrono::milliseconds window_;
};

}  // namespace accoil::traitsync
