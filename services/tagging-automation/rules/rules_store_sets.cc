#include "services/tagging-automation/rules/rules_store.h"

namespace accoil::tagging {
namespace {

using events::v1::ProfileChanged;
using postgres::Transaction;

std::vector<core::ProductId> ToVector(const std::set<core::ProductId>& products) {
  return {products.begin(), products.end()};
}

// Most products are there; those that are not are made, so that there is something to hold.
constexpr const char* kEnsureVersions = R"sql(
  INSERT INTO rule_version (product_id, version)
  SELECT p.product_id, nextval('rule_version_number')
  FROM unnest($1::bigint[]) AS p (product_id)
  WHERE NOT EXISTS (SELECT FROM rule_version v WHERE v.product_id = p.product_id)
  ORDER BY p.product_id
  ON CONFLICT (product_id) DO NOTHING
)sql";

constexpr const char* kHoldVersions = R"sql(
  SELECT product_id, version FROM rule_version
  WHERE product_id = ANY ($1::bigint[]) ORDER BY product_id FOR SHARE
)sql";

constexpr const char* kChangeVersions = R"sql(
  WITH mine AS (
    SELECT product_id FROM rule_version
    WHERE product_id = ANY ($1::bigint[]) ORDER BY product_id FOR UPDATE
  )
  UPDATE rule_version v SET version = nextval('rule_version_number')
  FROM mine WHERE v.product_id = mine.product_id
)sql";

constexpr const char* kApplyProfiles = R"sql(
  INSERT INTO profile AS p (product_id, profile_id, version, removed, name, catalogue)
  SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::boolean[], $5::text[],
                       $6::bytea[])
    AS i (product_id, profile_id, version, removed, name, catalogue)
  ORDER BY i.product_id, i.profile_id COLLATE "C"
  ON CONFLICT (product_id, profile_id) DO UPDATE
    SET version = excluded.version, removed = excluded.removed, name = excluded.name,
        catalogue = excluded.catalogue
    WHERE p.version < excluded.version
)sql";

Profile ReadProfile(const postgres::Row& row) {
  Profile profile;
  profile.id = row.Get<core::ProfileId>("profile_id");
  profile.name = row.Get<std::string>("name");
  if (!profile.catalogue.ParseFromString(row.GetBytes("catalogue"))) {
    throw std::runtime_error("the stored catalogue of profile " + profile.id.value() +
                             " cannot be read");
  }
  return profile;
}

}  // namespace

std::map<core::ProductId, std::int64_t> RulesStore::HoldVersions(
    Transaction& tx, const std::set<core::ProductId>& products) {
  std::map<core::ProductId, std::int64_t> versions;
  const auto read = [&] {
    for (const auto& row : tx.Execute(kHoldVersions, ToVector(products))) {
      versions[row.Get<core::ProductId>("product_id")] = row.Get<std::int64_t>("version");
    }
  };
  read();
  if (versions.size() < products.size()) {
    tx.Execute(kEnsureVersions, ToVector(products));
    read();
  }
  return versions;
}

void RulesStore::ChangeVersions(Transaction& tx, const std::set<core::ProductId>& products) {
  if (products.empty()) return;
  tx.Execute(kEnsureVersions, ToVector(products));
  tx.Execute(kChangeVersions, ToVector(products));
}

void RulesStore::ApplyProfiles(Transaction& tx, const events::Batch& batch) {
  std::vector<std::int64_t> product_id;
  std::vector<std::string> profile_id;
  std::vector<std::int64_t> version;
  std::vector<bool> removed;
  std::vector<std::string> name;
  std::vector<std::string> catalogue;
  for (const auto& received : batch.Of<ProfileChanged>()) {
    const auto& event = received.event;
    product_id.push_back(event.product_id());
    profile_id.push_back(event.profile_id());
    version.push_back(event.version());
    removed.push_back(event.removed());
    name.push_back(event.name());
    ProfileChanged alone;
    *alone.mutable_catalogue() = event.catalogue();
    // What the traits mean is nothing to rules.
    for (auto& trait : *alone.mutable_catalogue()) trait.clear_definition();
    catalogue.push_back(postgres::Bytea(alone.SerializeAsString()));
  }
  if (product_id.empty()) return;
  tx.Execute(kApplyProfiles, product_id, profile_id, version, removed, name, catalogue);
}

std::vector<Profile> RulesStore::LoadProfiles(Transaction& tx, core::ProductId product) {
  std::vector<Profile> profiles;
  for (const auto& row : tx.Execute(
           "SELECT profile_id, name, catalogue FROM profile WHERE product_id = $1 AND NOT removed",
           product)) {
    profiles.push_back(ReadProfile(row));
  }
  return profiles;
}

std::optional<Profile> RulesStore::FindProfile(Transaction& tx, core::ProductId product,
                                               const core::ProfileId& profile) {
  const auto rows = tx.Execute(
      "SELECT profile_id, name, catalogue FROM profile "
      "WHERE product_id = $1 AND profile_id = $2 AND NOT removed",
      product, profile);
  if (rows.empty()) return std::nullopt;
  return ReadProfile(rows.Only());
}

RuleSet RulesStore::LoadRuleSet(Transaction& tx, core::ProductId product) {
  return {List(tx, product), LoadProfiles(tx, product)};
}

}  // namespace accoil::tagging
