#include "services/widget/fact_notice.h"

#include <chrono>

#include "tests/catch.h"

namespace accoil::widget {
namespace {

const core::ProductId kProduct(7);

/// Keeps a fact of each of the keys, and says which are left after some notices.
class Kept {
 public:
  Kept() { cache_.Trust(FactCache::Clock::now() + std::chrono::hours(1)); }

  template <typename Key>
  bool After(const FactNotice& notice, const Key& key) {
    cache_.Keep(FactKey(key), "value", *cache_.Begin());
    for (const auto& text : notice.Texts()) {
      CHECK(text.size() < 8'000);
      TakeNotice(text, cache_);
    }
    const FactKey fact(key);
    return cache_.Find({&fact, 1}).at(0).has_value();
  }

  FactCache cache_{1 << 20};
};

SubjectKey User(const std::string& id) {
  return {kProduct, SubjectKind::kUser, core::SubjectId(id)};
}

template <typename Message>
events::Batch Of(Message event) {
  events::Batch batch;
  batch.Add<Message>({event, events::KeyOf(event), "", {}});
  batch.Seal();
  return batch;
}

events::v1::Subject Ada() {
  events::v1::Subject ada;
  ada.set_product_id(kProduct.value());
  ada.set_kind(events::v1::USER);
  ada.set_subject_id("ada");
  return ada;
}

TEST_CASE("a trait or a segment that changes is told of its subject and profile alone") {
  const MeasuresKey trial{User("ada"), core::ProfileId("trial")};
  events::v1::TraitChanged trait;
  *trait.mutable_subject() = Ada();
  trait.set_profile_id("trial");
  trait.set_trait("Score");
  events::v1::SegmentExited segment;
  *segment.mutable_subject() = Ada();
  segment.set_profile_id("trial");
  segment.set_segment("All");
  for (const auto& notice : {NoticeOf(Of(trait)), NoticeOf(Of(segment))}) {
    Kept kept;
    CHECK_FALSE(kept.After(notice, trial));
    CHECK(kept.After(notice, MeasuresKey{User("ada"), core::ProfileId("other")}));
    CHECK(kept.After(notice, MeasuresKey{User("bea"), core::ProfileId("trial")}));
    CHECK(kept.After(notice, User("ada")));
  }
}

TEST_CASE("a match is told of the subject and of whom it is matched with now") {
  events::v1::UserMatched match;
  *match.mutable_subject() = Ada();
  match.set_workspace_id("ws-1");
  match.set_target_id("c1");
  const auto notice = NoticeOf(Of(match));
  Kept kept;
  CHECK_FALSE(kept.After(notice, User("ada")));
  CHECK_FALSE(kept.After(notice, ContactKey{core::WorkspaceId("ws-1"), core::ContactId("c1")}));
  CHECK(kept.After(notice, ContactKey{core::WorkspaceId("ws-1"), core::ContactId("c2")}));
}

TEST_CASE("subjects and profiles are told, and a connection makes everything doubtful") {
  events::v1::SubjectIdentified who;
  *who.mutable_subject() = Ada();
  CHECK_FALSE(Kept().After(NoticeOf(Of(who)), User("ada")));
  events::v1::ProfileChanged profile;
  profile.set_product_id(kProduct.value());
  profile.set_profile_id("trial");
  CHECK_FALSE(Kept().After(NoticeOf(Of(profile)), kProduct));
  events::v1::ConnectionChanged connection;
  connection.set_product_id(kProduct.value());
  const auto notice = NoticeOf(Of(connection));
  CHECK_FALSE(Kept().After(notice, core::WorkspaceId("where it was before")));
  CHECK_FALSE(Kept().After(notice, User("ada")));
}

TEST_CASE("what canvases do not show is not told") {
  events::v1::TagApplied tag;
  *tag.mutable_subject() = Ada();
  tag.set_tag("VIP");
  CHECK(NoticeOf(Of(tag)).empty());
  CHECK(NoticeOf(events::Batch()).empty());
}

TEST_CASE("many changes go in several texts; very many make everything doubtful") {
  FactNotice many;
  for (int i = 0; i < 2'000; ++i) many.Changed(User(std::to_string(i)));
  CHECK(many.Texts().size() > 1);
  for (const auto* id : {"0", "777", "1999"}) CHECK_FALSE(Kept().After(many, User(id)));
  CHECK(Kept().After(many, User("2000")));
  FactNotice very_many;
  for (int i = 0; i < 20'000; ++i) very_many.Changed(User(std::to_string(i)));
  CHECK(very_many.Texts().size() == 1);
  CHECK_FALSE(Kept().After(very_many, User("20001")));
}

TEST_CASE("a change goes with its value, if that is short") {
  const TeammateKey anna{core::WorkspaceId("ws-1"), "anna"};
  const FactKey key(anna);
  FactNotice notice;
  notice.Changed(key, "chosen");
  Kept kept;
  CHECK(kept.After(notice, anna));
  CHECK(kept.cache_.Find({&key, 1}).at(0) == "chosen");
  FactNotice too_long;
  too_long.Changed(key, std::string(5'000, 'x'));
  CHECK_FALSE(kept.After(too_long, anna));
}

TEST_CASE("a text of another version makes everything doubtful") {
  for (const std::string text : {"", "1", "2f0123456789abcdef", "1fxyz", "1c0", "1e"}) {
    Kept kept;
    kept.cache_.Keep(FactKey(User("ada")), "value", *kept.cache_.Begin());
    TakeNotice(text, kept.cache_);
    CHECK(kept.cache_.figures().facts == 0);
  }
}

}  // namespace
}  // namespace accoil::widget
