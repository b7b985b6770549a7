#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "accoil/events/v1/events.pb.h"
#include "libs/core/clock.h"
#include "libs/core/ids.h"
#include "libs/postgres/database.h"
#include "services/trait-sync/attribute_row.h"
#include "services/trait-sync/explanation.h"
#include "services/trait-sync/problem_group.h"
#include "services/trait-sync/profile_preview.h"
#include "services/trait-sync/subject.h"

namespace accoil::traitsync {

/// A definition behind one of a product's attributes.
struct ListedAttribute {
  intercom::Model model = intercom::Model::kContact;
  AttributeRow row;
};

/// Everything that is known of one subject's delivery.
struct SubjectReport {
  SubjectStanding standing;
  /// Of the product's connection; unspecified when it never had one.
  events::v1::ConnectionState connection = events::v1::CONNECTION_STATE_UNSPECIFIED;
  std::string workspace_id;
  /// Empty when the subject is not matched in the workspace.
  std::string target_id;
  /// When the product's source stated the values in standing.facts.traits.
  std::map<std::pair<core::ProfileId, std::string>, core::TimePoint> occurred_at;
  std::optional<core::TimePoint> called_at;
  std::optional<core::TimePoint> due_at;
  int attempts = 0;
  std::string last_error;
  /// Whether anything was ever told of it.
  bool known = false;
};

/// What a change of a profile would do.
struct Preview {
  std::vector<AttributeChange> changes;
  /// Subjects that would be written, and on which values would not be shown any more, by kind.
  std::map<SubjectKind, std::int64_t> written;
  std::map<SubjectKind, std::int64_t> losing;
};

/// A sweep or a clean-up, as accoil.traitsync.v1 tells it.
struct RunRow {
  std::int64_t run_id = 0;
  std::string kind;
  std::string trigger;
  std::string state;
  core::TimePoint started_at;
  std::optional<core::TimePoint> finished_at;
  std::int64_t items = 0;
  std::int64_t calls = 0;
  std::string error;
};

/// The SQL behind what people ask: it reads and changes nothing. Answers are bounded whatever the
/// product has. Any thread.
class ReportStore {
 public:
  explicit ReportStore(postgres::Database& database) : database_(database) {}

  /// How many attributes, and how many groups of problems, are answered at most; and how many
  /// subjects stand for a group.
  static constexpr int kMostAttributes = 500;
  static constexpr int kMostGroups = 1'000;
  static constexpr int kMostExamples = 10;

  /// Unspecified when the product never had a connection.
  events::v1::ConnectionState FindConnectionState(core::ProductId product);
  /// In the order of their names.
  std::vector<ListedAttribute> ListAttributes(core::ProductId product);
  /// The newest first.
  std::vector<RunRow> ListRuns(core::ProductId product);

  /// Finds all by key, so that it is quick however large the product is. Answers for a subject that
  /// nothing is known of, too.
  SubjectReport FindSubject(core::ProductId product, const Subject& subject);

  /// Compares what is wanted now with what would be if the profile were as it is given, or were
  /// removed, and counts whom that concerns. Reads all of the product's traits once.
  Preview PreviewProfile(core::ProductId product, const Profile& profile, bool removed,
                         std::size_t longest_name);

  /// The largest first. A delivery that is due longer than `waiting_too_long` counts as waiting.
  std::vector<ProblemGroup> ListProblems(core::ProductId product,
                                         std::chrono::milliseconds waiting_too_long);

 private:
  postgres::Database& database_;
};

}  // namespace accoil::traitsync
