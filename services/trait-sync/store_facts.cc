#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libs/events/event.h"
#include "services/trait-sync/store.h"

namespace accoil::traitsync {
namespace {

using events::v1::ConnectionChanged;
using events::v1::ProfileChanged;
using events::v1::SegmentEntered;
using events::v1::SegmentExited;
using events::v1::TraitChanged;
using events::v1::UserMatched;
using postgres::Transaction;

/// Subjects of any product, in key order, each with the cause of its first change.
class Subjects {
 public:
  template <typename Message>
  void Add(const events::Received<Message>& received) {
    const auto& subject = received.event.subject();
    const auto [entry, added] = subjects_.try_emplace(
        std::tuple(subject.product_id(), static_cast<int>(subject.kind()), subject.subject_id()),
        Cause{received.published_at, received.traceparent});
    if (!added && received.published_at < entry->second.published_at) {
      entry->second = {received.published_at, received.traceparent};
    }
  }

  template <typename Message>
  void AddAll(const events::Batch& batch) {
    for (const auto& received : batch.Of<Message>()) Add(received);
  }

  bool empty() const { return subjects_.empty(); }

  struct Columns {
    std::vector<std::int64_t> product_id;
    std::vector<int> kind;
    std::vector<std::string> subject_id;
    std::vector<core::TimePoint> published_at;
    std::vector<std::string> traceparent;
  };
  Columns ToColumns() const {
    Columns columns;
    for (const auto& [key, cause] : subjects_) {
      columns.product_id.push_back(std::get<0>(key));
      columns.kind.push_back(std::get<1>(key));
      columns.subject_id.push_back(std::get<2>(key));
      columns.published_at.push_back(cause.published_at);
      columns.traceparent.push_back(cause.traceparent);
    }
    return columns;
  }

 private:
  struct Cause {
    core::TimePoint published_at;
    std::string traceparent;
  };
  std::map<std::tuple<std::int64_t, int, std::string>, Cause> subjects_;
};

struct TraitColumns {
  std::vector<std::int64_t> product_id;
  std::vector<int> kind;
  std::vector<std::string> subject_id;
  std::vector<std::string> profile_id;
  std::vector<std::string> trait;
  std::vector<std::int64_t> version;
  std::vector<core::TimePoint> occurred_at;
  std::vector<std::optional<std::string>> value;
};

TraitColumns ToColumns(std::span<const events::Received<TraitChanged>> changes) {
  TraitColumns columns;
  for (const auto& [event, key, traceparent, published_at] : changes) {
    columns.product_id.push_back(event.subject().product_id());
    columns.kind.push_back(event.subject().kind());
    columns.subject_id.push_back(event.subject().subject_id());
    columns.profile_id.push_back(event.profile_id());
    columns.trait.push_back(event.trait());
    columns.version.push_back(event.version());
    columns.occurred_at.push_back(events::ToTime(event.occurred_at()));
    if (event.value().kind_case() == google::protobuf::Value::kNullValue) {
      columns.value.emplace_back(std::nullopt);
    } else {
      columns.value.emplace_back(StoredText(event.value()));
    }
  }
  return columns;
}

struct MembershipColumns {
  std::vector<std::int64_t> product_id;
  std::vector<int> kind;
  std::vector<std::string> subject_id;
  std::vector<std::string> profile_id;
  std::vector<std::string> segment;
  std::vector<std::int64_t> version;
  std::vector<bool> inside;
};

/// Entered and exited are one fact, so one statement must meet each of its keys once: of both kinds
/// in one batch the newer counts.
class Memberships {
 public:
  template <typename Message>
  void AddAll(const events::Batch& batch, bool inside) {
    for (const auto& received : batch.Of<Message>()) {
      const auto& event = received.event;
      const auto [entry, added] = newest_.try_emplace(
          std::tuple(event.subject().product_id(), static_cast<int>(event.subject().kind()),
                     event.subject().subject_id(), event.profile_id(), event.segment()),
          event.version(), inside);
      if (!added && entry->second.first < event.version()) {
        entry->second = {event.version(), inside};
      }
    }
  }

  MembershipColumns ToColumns() const {
    MembershipColumns columns;
    for (const auto& [key, fact] : newest_) {
      columns.product_id.push_back(std::get<0>(key));
      columns.kind.push_back(std::get<1>(key));
      columns.subject_id.push_back(std::get<2>(key));
      columns.profile_id.push_back(std::get<3>(key));
      columns.segment.push_back(std::get<4>(key));
      columns.version.push_back(fact.first);
      columns.inside.push_back(fact.second);
    }
    return columns;
  }

 private:
  std::map<std::tuple<std::int64_t, int, std::string, std::string, std::string>,
           std::pair<std::int64_t, bool>>
      newest_;
};

// One statement for traits, memberships and the deliveries that they make due, so that deliveries
// are locked in one go and in key order. changed_version tells an upsert that brought another value
// (it equals version) from one that only brought a newer version.
//
// The upsert of deliveries waits on the row's lock even where it changes nothing: only so is a
// change either seen by the worker that claims the delivery, or marks the claimed one.
constexpr const char* kApplyFacts = R"sql(
  WITH written_trait AS (
    INSERT INTO trait AS t (product_id, kind, subject_id, profile_id, trait, version,
                            changed_version, occurred_at, value)
    SELECT i.product_id, i.kind, i.subject_id, i.profile_id, i.trait, i.version, i.version,
           i.occurred_at, i.value
    FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::bigint[],
                $7::timestamptz[], $8::text[])
      AS i (product_id, kind, subject_id, profile_id, trait, version, occurred_at, value)
    ORDER BY i.product_id, i.kind, i.subject_id COLLATE "C", i.profile_id COLLATE "C",
             i.trait COLLATE "C"
    ON CONFLICT (product_id, kind, subject_id, profile_id, trait) DO UPDATE
      SET value = excluded.value, version = excluded.version, occurred_at = excluded.occurred_at,
          changed_version = CASE WHEN t.value IS DISTINCT FROM excluded.value
                                 THEN excluded.version ELSE t.changed_version END
      WHERE t.version < excluded.version
    RETURNING t.product_id, t.kind, t.subject_id, t.changed_version = t.version AS changed
  ), written_membership AS (
    INSERT INTO membership AS m (product_id, kind, subject_id, profile_id, segment, version,
                                 changed_version, inside)
    SELECT i.product_id, i.kind, i.subject_id, i.profile_id, i.segment, i.version, i.version,
           i.inside
    FROM unnest($9::bigint[], $10::smallint[], $11::text[], $12::text[], $13::text[],
                $14::bigint[], $15::boolean[])
      AS i (product_id, kind, subject_id, profile_id, segment, version, inside)
    ORDER BY i.product_id, i.kind, i.subject_id COLLATE "C", i.profile_id COLLATE "C",
             i.segment COLLATE "C"
    ON CONFLICT (product_id, kind, subject_id, profile_id, segment) DO UPDATE
      SET inside = excluded.inside, version = excluded.version,
          changed_version = CASE WHEN m.inside <> excluded.inside
                                 THEN excluded.version ELSE m.changed_version END
      WHERE m.version < excluded.version
    RETURNING m.product_id, m.kind, m.subject_id, m.changed_version = m.version AS changed
  ), changed AS (
    SELECT product_id, kind, subject_id FROM written_trait WHERE changed
    UNION
    SELECT product_id, kind, subject_id FROM written_membership WHERE changed
  )
  INSERT INTO delivery AS d (product_id, kind, subject_id, changed_at, traceparent)
  SELECT s.product_id, s.kind, s.subject_id, s.published_at, nullif(s.traceparent, '')
  FROM unnest($16::bigint[], $17::smallint[], $18::text[], $19::timestamptz[], $20::text[])
         AS s (product_id, kind, subject_id, published_at, traceparent)
  JOIN changed c ON c.product_id = s.product_id AND c.kind = s.kind
                AND c.subject_id = s.subject_id
  ORDER BY s.product_id, s.kind, s.subject_id COLLATE "C"
  ON CONFLICT (product_id, kind, subject_id) DO UPDATE
    SET due_at = coalesce(d.due_at, now() + $21::interval),
        rank = 0,
        changed_at = CASE WHEN d.due_at IS NULL OR (d.claim IS NULL AND d.changed_at IS NULL)
                          THEN excluded.changed_at ELSE d.changed_at END,
        changed_again_at = CASE WHEN d.claim IS NOT NULL THEN excluded.changed_at END,
        traceparent = CASE WHEN d.due_at IS NULL OR d.traceparent IS NULL
                           THEN excluded.traceparent ELSE d.traceparent END
    WHERE d.target_id IS NOT NULL
      AND (d.due_at IS NULL
           OR (d.claim IS NOT NULL AND d.changed_again_at IS NULL)
           OR (d.claim IS NULL AND (d.rank > 0 OR d.changed_at IS NULL)))
)sql";

struct MatchColumns {
  std::vector<std::int64_t> product_id;
  std::vector<int> kind;
  std::vector<std::string> subject_id;
  std::vector<std::int64_t> version;
  std::vector<std::string> workspace_id;
  std::vector<std::optional<std::string>> target_id;
  std::vector<core::TimePoint> published_at;
  std::vector<std::optional<std::string>> traceparent;
};

MatchColumns ToColumns(std::span<const events::Received<UserMatched>> matches) {
  MatchColumns columns;
  for (const auto& [event, key, traceparent, published_at] : matches) {
    columns.product_id.push_back(event.subject().product_id());
    columns.kind.push_back(event.subject().kind());
    columns.subject_id.push_back(event.subject().subject_id());
    columns.version.push_back(event.version());
    columns.workspace_id.push_back(event.workspace_id());
    const bool matched = !event.target_id().empty();
    columns.target_id.push_back(matched ? std::optional(event.target_id()) : std::nullopt);
    columns.published_at.push_back(published_at);
    columns.traceparent.push_back(traceparent.empty() ? std::nullopt : std::optional(traceparent));
  }
  return columns;
}

// A statement of its own after the one that took the locks, so that it sees what the transactions
// that held them have committed. A delivery under way to the old target may still write there: what
// it may have written is cleared once its claim has ended.
constexpr const char* kApplyMatches = R"sql(
  WITH moved AS MATERIALIZED (
    SELECT i.*, d.target_id AS old_target_id, d.workspace_id AS old_workspace_id,
           d.claim IS NOT NULL OR d.distrust AS unsure,
           CASE WHEN d.claim IS NOT NULL THEN d.due_at ELSE now() END AS clear_at,
           i.target_id IS DISTINCT FROM d.target_id
             OR (i.target_id IS NOT NULL AND i.workspace_id IS DISTINCT FROM d.workspace_id)
             AS moves
    FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::bigint[], $5::text[], $6::text[],
                $7::timestamptz[], $8::text[])
           AS i (product_id, kind, subject_id, version, workspace_id, target_id, published_at,
                 traceparent)
    JOIN delivery d ON d.product_id = i.product_id AND d.kind = i.kind
                   AND d.subject_id = i.subject_id
    WHERE d.match_version < i.version
  ), left_behind AS (
    INSERT INTO former_target AS f (product_id, kind, subject_id, target_id, workspace_id,
                                    attributes, everything, due_at)
    SELECT m.product_id, m.kind, m.subject_id, m.old_target_id, m.old_workspace_id,
           ARRAY(SELECT jsonb_object_keys(t.attributes)), m.unsure, m.clear_at
    FROM moved m
    JOIN delivered t ON t.product_id = m.product_id AND t.kind = m.kind
                    AND t.subject_id = m.subject_id
    WHERE m.moves AND m.old_target_id IS NOT NULL AND (t.attributes <> '{}' OR m.unsure)
    ON CONFLICT (product_id, kind, subject_id, target_id) DO UPDATE
      SET attributes = f.attributes || excluded.attributes,
          everything = f.everything OR excluded.everything,
          due_at = greatest(f.due_at, excluded.due_at), claim = NULL, attempt = 0
  ), forgotten AS (
    DELETE FROM delivered t USING moved m
    WHERE t.product_id = m.product_id AND t.kind = m.kind AND t.subject_id = m.subject_id
      AND m.target_id IS NULL
  ), held AS (
    INSERT INTO delivered AS t (product_id, kind, subject_id, target_id)
    SELECT product_id, kind, subject_id, target_id FROM moved
    WHERE moves AND target_id IS NOT NULL
    ON CONFLICT (product_id, kind, subject_id) DO UPDATE
      SET target_id = excluded.target_id, attributes = '{}'
  ), back AS (
    DELETE FROM set_aside s USING moved m
    WHERE m.moves AND s.product_id = m.product_id AND s.kind = m.kind
      AND s.subject_id = m.subject_id
  )
  UPDATE delivery d
  SET match_version = m.version,
      workspace_id = CASE WHEN m.moves THEN m.workspace_id ELSE d.workspace_id END,
      target_id = m.target_id,
      due_at = CASE WHEN NOT m.moves THEN d.due_at WHEN m.target_id IS NOT NULL THEN now() END,
      rank = CASE WHEN m.moves THEN 1 ELSE d.rank END,
      claim = CASE WHEN NOT m.moves THEN d.claim END,
      changed_at = CASE WHEN m.moves THEN m.published_at ELSE d.changed_at END,
      changed_again_at = CASE WHEN NOT m.moves THEN d.changed_again_at END,
      attempt = CASE WHEN m.moves THEN 0 ELSE d.attempt END,
      distrust = CASE WHEN m.moves THEN false ELSE d.distrust END,
      traceparent = CASE WHEN m.moves THEN m.traceparent ELSE d.traceparent END,
      last_error = CASE WHEN NOT m.moves THEN d.last_error END
  FROM moved m
  WHERE d.product_id = m.product_id AND d.kind = m.kind AND d.subject_id = m.subject_id
)sql";

std::string CatalogueJson(const ProfileChanged& profile) {
  auto traits = nlohmann::json::array();
  for (const auto& trait : profile.catalogue()) {
    const auto on = [&](events::v1::SubjectKind kind) {
      return std::find(trait.on().begin(), trait.on().end(), kind) != trait.on().end();
    };
    traits.push_back({{"name", trait.name()},
                      {"type", static_cast<int>(trait.type())},
                      {"users", on(events::v1::USER)},
                      {"accounts", on(events::v1::ACCOUNT)},
                      {"definition", trait.definition()}});
  }
  return traits.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

constexpr const char* kRestartSweeps = R"sql(
  INSERT INTO sweep (product_id, next_at)
  SELECT product_id, now() FROM unnest($1::bigint[]) AS i (product_id) ORDER BY product_id
  ON CONFLICT (product_id) DO UPDATE
    SET next_at = now(), running = false
)sql";

void RestartSweeps(Transaction& tx, const std::set<std::int64_t>& products) {
  if (products.empty()) return;
  tx.Execute(kRestartSweeps, std::vector<std::int64_t>(products.begin(), products.end()));
}

struct ProfilePairs {
  std::vector<std::int64_t> product_id;
  std::vector<std::string> profile_id;
};
ProfilePairs ToColumns(const std::set<std::pair<core::ProductId, core::ProfileId>>& profiles) {
  ProfilePairs columns;
  for (const auto& [product, profile] : profiles) {
    columns.product_id.push_back(product.value());
    columns.profile_id.push_back(profile.value());
  }
  return columns;
}

}  // namespace

void Store::LockDeliveries(Transaction& tx, const events::Batch& batch) {
  Subjects subjects;
  subjects.AddAll<TraitChanged>(batch);
  subjects.AddAll<SegmentEntered>(batch);
  subjects.AddAll<SegmentExited>(batch);
  subjects.AddAll<UserMatched>(batch);
  const auto columns = subjects.ToColumns();
  // An upsert that changes nothing locks what is there and makes what is not.
  tx.Execute(R"sql(
    INSERT INTO delivery (product_id, kind, subject_id)
    SELECT product_id, kind, subject_id
    FROM unnest($1::bigint[], $2::smallint[], $3::text[]) AS i (product_id, kind, subject_id)
    ORDER BY product_id, kind, subject_id COLLATE "C"
    ON CONFLICT (product_id, kind, subject_id) DO UPDATE
      SET match_version = delivery.match_version WHERE false
  )sql",
             columns.product_id, columns.kind, columns.subject_id);
}

void Store::ApplyFacts(Transaction& tx, const events::Batch& batch) {
  Subjects subjects;
  subjects.AddAll<TraitChanged>(batch);
  subjects.AddAll<SegmentEntered>(batch);
  subjects.AddAll<SegmentExited>(batch);
  if (subjects.empty()) return;
  Memberships memberships;
  memberships.AddAll<SegmentEntered>(batch, true);
  memberships.AddAll<SegmentExited>(batch, false);
  const auto t = ToColumns(batch.Of<TraitChanged>());
  const auto m = memberships.ToColumns();
  const auto s = subjects.ToColumns();
  tx.Execute(kApplyFacts, t.product_id, t.kind, t.subject_id, t.profile_id, t.trait, t.version,
             t.occurred_at, t.value, m.product_id, m.kind, m.subject_id, m.profile_id, m.segment,
             m.version, m.inside, s.product_id, s.kind, s.subject_id, s.published_at, s.traceparent,
             window_);
}

void Store::ApplyMatches(Transaction& tx, const events::Batch& batch) {
  const auto matches = batch.Of<UserMatched>();
  if (matches.empty()) return;
  const auto m = ToColumns(matches);
  tx.Execute(kApplyMatches, m.product_id, m.kind, m.subject_id, m.version, m.workspace_id,
             m.target_id, m.published_at, m.traceparent);
}

void Store::ApplyProfiles(Transaction& tx, const events::Batch& batch) {
  const auto profiles = batch.Of<ProfileChanged>();
  if (profiles.empty()) return;
  std::vector<std::int64_t> product_id;
  std::vector<std::string> profile_id;
  std::vector<std::int64_t> version;
  std::vector<bool> removed;
  std::vector<std::string> name;
  std::vector<std::string> catalogue;
  std::vector<int> sync_mode;
  for (const auto& received : profiles) {
    const auto& event = received.event;
    product_id.push_back(event.product_id());
    profile_id.push_back(event.profile_id());
    version.push_back(event.version());
    removed.push_back(event.removed());
    name.push_back(event.name());
    catalogue.push_back(CatalogueJson(event));
    sync_mode.push_back(event.sync_mode());
  }
  const auto written =
      tx.Execute(R"sql(
    INSERT INTO profile AS p (product_id, profile_id, version, removed, name, catalogue, sync_mode)
    SELECT product_id, profile_id, version, removed, name, catalogue::jsonb, sync_mode
    FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::boolean[], $5::text[], $6::text[],
                $7::smallint[])
      AS i (product_id, profile_id, version, removed, name, catalogue, sync_mode)
    ORDER BY product_id, profile_id COLLATE "C"
    ON CONFLICT (product_id, profile_id) DO UPDATE
      SET version = excluded.version, removed = excluded.removed, name = excluded.name,
          catalogue = excluded.catalogue, sync_mode = excluded.sync_mode
      WHERE p.version < excluded.version
    RETURNING p.product_id
  )sql",
                 product_id, profile_id, version, removed, name, catalogue, sync_mode);
  tx.Execute(R"sql(
    DELETE FROM unknown_profile u
    USING unnest($1::bigint[], $2::text[]) AS i (product_id, profile_id)
    WHERE u.product_id = i.product_id AND u.profile_id = i.profile_id
  )sql",
             product_id, profile_id);
  std::set<std::int64_t> products;
  for (const auto& row : written) products.insert(row.Get<std::int64_t>("product_id"));
  RestartSweeps(tx, products);
}

std::vector<core::ProductId> Store::ApplyConnections(Transaction& tx, const events::Batch& batch) {
  std::vector<std::int64_t> product_id;
  std::vector<std::int64_t> version;
  std::vector<std::string> workspace_id;
  std::vector<int> state;
  std::vector<std::string> prefix;
  for (const auto& received : batch.Of<ConnectionChanged>()) {
    const auto& event = received.event;
    product_id.push_back(event.product_id());
    version.push_back(event.version());
    workspace_id.push_back(event.workspace_id());
    state.push_back(event.state());
    prefix.push_back(event.attribute_prefix());
  }
  if (product_id.empty()) return {};
  const auto written = tx.Execute(R"sql(
    INSERT INTO connection AS c (product_id, version, workspace_id, state, attribute_prefix)
    SELECT product_id, version, workspace_id, state, prefix
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::smallint[], $5::text[])
      AS i (product_id, version, workspace_id, state, prefix)
    ORDER BY product_id
    ON CONFLICT (product_id) DO UPDATE
      SET version = excluded.version, workspace_id = excluded.workspace_id,
          state = excluded.state, attribute_prefix = excluded.attribute_prefix
      WHERE c.version < excluded.version
    RETURNING c.product_id
  )sql",
                                  product_id, version, workspace_id, state, prefix);
  std::set<std::int64_t> products;
  std::vector<core::ProductId> changed;
  for (const auto& row : written) {
    products.insert(row.Get<std::int64_t>("product_id"));
    changed.push_back(row.Get<core::ProductId>("product_id"));
  }
  RestartSweeps(tx, products);
  return changed;
}

std::set<std::pair<core::ProductId, core::ProfileId>> Store::UnknownProfiles(
    Transaction& tx, const std::set<std::pair<core::ProductId, core::ProfileId>>& profiles) {
  std::set<std::pair<core::ProductId, core::ProfileId>> unknown;
  if (profiles.empty()) return unknown;
  const auto columns = ToColumns(profiles);
  const auto rows = tx.Execute(R"sql(
    SELECT i.product_id, i.profile_id
    FROM unnest($1::bigint[], $2::text[]) AS i (product_id, profile_id)
    WHERE NOT EXISTS (SELECT FROM profile p
                      WHERE p.product_id = i.product_id AND p.profile_id = i.profile_id)
  )sql",
                               columns.product_id, columns.profile_id);
  for (const auto& row : rows) {
    unknown.emplace(row.Get<core::ProductId>("product_id"), row.Get<core::ProfileId>("profile_id"));
  }
  return unknown;
}

void Store::NoteUnknownProfiles(
    Transaction& tx, const std::set<std::pair<core::ProductId, core::ProfileId>>& profiles) {
  if (profiles.empty()) return;
  const auto columns = ToColumns(profiles);
  tx.Execute(R"sql(
    INSERT INTO unknown_profile (product_id, profile_id)
    SELECT product_id, profile_id
    FROM unnest($1::bigint[], $2::text[]) AS i (product_id, profile_id)
    ORDER BY product_id, profile_id COLLATE "C"
    ON CONFLICT (product_id, profile_id) DO UPDATE SET last_seen_at = now()
  )sql",
             columns.product_id, columns.profile_id);
}

}  // namespace accoil::traitsync
