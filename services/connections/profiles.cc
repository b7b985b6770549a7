#include "services/connections/profiles.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>

#include "libs/core/errors.h"
#include "libs/events/event.h"
#include "libs/events/outbox.h"
#include "services/connections/validation.h"

namespace accoil::connections {
namespace {

core::NotFound NoSuchProfile(core::ProductId product, const core::ProfileId& profile) {
  return core::NotFound("product " + std::to_string(product.value()) + " has no profile " +
                        profile.value());
}

events::v1::ProfileChanged ToEvent(core::ProductId product, const StoredProfile& stored,
                                   core::TimePoint now) {
  events::v1::ProfileChanged event;
  event.set_product_id(product.value());
  event.set_profile_id(stored.profile.profile_id());
  event.set_version(stored.version);
  events::SetTime(now, *event.mutable_occurred_at());
  event.set_removed(stored.removed);
  event.set_name(stored.profile.name());
  *event.mutable_catalogue() = stored.profile.catalogue();
  event.set_sync_mode(stored.profile.sync_mode());
  event.set_summary(stored.profile.summary());
  return event;
}

}  // namespace

std::int64_t NextVersion(std::int64_t previous, core::TimePoint now) {
  return std::max(previous + 1, core::ToMicroseconds(now));
}

v1::Profile Profiles::Put(core::ProductId product, const v1::Profile& profile, bool validate_only) {
  ValidateProductId(product.value());
  ValidateProfile(profile);
  database_.Transact([&](postgres::Transaction& tx) {
    store_.LockProduct(tx, product);
    const auto before = store_.FindProfile(tx, product, core::ProfileId(profile.profile_id()));
    if (before && !before->removed &&
        google::protobuf::util::MessageDifferencer::Equals(before->profile, profile)) {
      return;
    }
    if (const auto namesake = store_.FindNamesake(tx, product, profile)) {
      throw core::InvalidArgument("name",
                                  "must, without its spaces, be unique in the product, but "
                                  "profile " +
                                      namesake->value() + " has it");
    }
    if (validate_only) return;
    if (profile.summary()) {
      auto other = store_.FindSummaryProfile(tx, product);
      if (other && other->profile.profile_id() != profile.profile_id()) {
        other->profile.set_summary(false);
        Save(tx, product, std::move(*other));
      }
    }
    Save(tx, product, {profile, before ? before->version : 0, false});
  });
  return profile;
}

v1::Profile Profiles::Get(core::ProductId product, const core::ProfileId& profile) {
  ValidateProductId(product.value());
  ValidateProfileId(profile.value());
  auto stored = database_.Transact(
      [&](postgres::Transaction& tx) { return store_.FindProfile(tx, product, profile); });
  if (!stored || stored->removed) throw NoSuchProfile(product, profile);
  return std::move(stored->profile);
}

std::vector<v1::Profile> Profiles::List(core::ProductId product) {
  ValidateProductId(product.value());
  return database_.Transact([&](postgres::Transaction& tx) {
    if (!store_.FindProduct(tx, product)) {
      throw core::NotFound("product " + std::to_string(product.value()) + " does not exist");
    }
    return store_.ListProfiles(tx, product);
  });
}

void Profiles::Delete(core::ProductId product, const core::ProfileId& profile) {
  ValidateProductId(product.value());
  ValidateProfileId(profile.value());
  database_.Transact([&](postgres::Transaction& tx) {
    store_.LockProduct(tx, product);
    auto stored = store_.FindProfile(tx, product, profile);
    if (!stored || stored->removed) throw NoSuchProfile(product, profile);
    stored->removed = true;
    Save(tx, product, std::move(*stored));
  });
}

void Profiles::Save(postgres::Transaction& tx, core::ProductId product, StoredProfile profile) {
  const auto now = clock_.Now();
  profile.version = NextVersion(profile.version, now);
  store_.UpsertProfile(tx, product, profile);
  events::Enqueue(tx, {events::ToRecord(ToEvent(product, profile, now))});
  tx.AfterCommit([this] {
    metrics_.ProfileChanged();
    published_();
  });
}

}  // namespace accoil::connections
