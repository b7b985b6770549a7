#include "services/tagging-automation/jobs/tag_order.h"

#include "libs/core/errors.h"
#include "tests/catch.h"

namespace accoil::tagging {
namespace {

TagOrder Named(std::vector<core::SubjectId> subjects) {
  TagOrder order;
  order.product = core::ProductId(7);
  order.tag = "at-risk";
  order.subjects = std::move(subjects);
  order.idempotency_key = "key";
  return order;
}

TagOrder Filtered(const std::string& segment, const std::string& condition) {
  auto order = Named({});
  order.filter = Selection{order.product, order.kind, core::ProfileId("trial"), segment, condition};
  return order;
}

std::string Repeat(std::string_view text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) repeated += text;
  return repeated;
}

/// What Check finds wrong; empty when nothing.
std::string FieldOf(const TagOrder& order) {
  try {
    Check(order);
  } catch (const core::InvalidArgument& error) {
    return error.field();
  }
  return "";
}

std::string FieldOfTag(const std::string& tag) {
  auto order = Named({core::SubjectId("ada")});
  order.tag = tag;
  return FieldOf(order);
}

}  // namespace

TEST_CASE("a tag has 1 to 255 characters, however many bytes they are") {
  CHECK(FieldOfTag("at-risk") == "");
  CHECK(FieldOfTag("Ä ö") == "");
  CHECK(FieldOfTag(Repeat("x", 255)) == "");
  CHECK(FieldOfTag(Repeat("ä", 255)) == "");
  CHECK(FieldOfTag(Repeat("😀", 255)) == "");
  CHECK(FieldOfTag("") == "tag");
  CHECK(FieldOfTag(Repeat("x", 256)) == "tag");
  CHECK(FieldOfTag(Repeat("😀", 256)) == "tag");
}

TEST_CASE("a tag is plain text without space at its ends") {
  CHECK(FieldOfTag(" x") == "tag");
  CHECK(FieldOfTag("x ") == "tag");
  CHECK(FieldOfTag(" ") == "tag");
  CHECK(FieldOfTag("a\nb") == "tag");
  CHECK(FieldOfTag(std::string("a\0b", 3)) == "tag");
  CHECK(FieldOfTag("\xff") == "tag");
}

TEST_CASE("either subjects are named, 1 to 10,000, or there is a filter") {
  CHECK(FieldOf(Named({})) == "subject_ids");
  CHECK(FieldOf(Named({core::SubjectId("ada")})) == "");
  CHECK(FieldOf(Named(std::vector<core::SubjectId>(10'000, core::SubjectId("ada")))) == "");
  CHECK(FieldOf(Named(std::vector<core::SubjectId>(10'001, core::SubjectId("ada")))) ==
        "subject_ids");
  CHECK(FieldOf(Named({core::SubjectId("ada"), core::SubjectId()})) == "subject_ids[1]");
  CHECK(FieldOf(Named({core::SubjectId(std::string(256, 'a'))})) == "subject_ids[0]");
  CHECK(FieldOf(Named({core::SubjectId(std::string("a\0b", 3))})) == "subject_ids[0]");
  CHECK(FieldOf(Filtered("Power users", "")) == "");
  CHECK(FieldOf(Filtered("", "Score < 40")) == "");
  CHECK(FieldOf(Filtered("", "")) == "filter");
  CHECK(FieldOf(Filtered(std::string(256, 's'), "")) == "filter.segment");
  CHECK(FieldOf(Filtered("", std::string(2'001, 'c'))) == "filter.condition");
  auto both = Filtered("Power users", "");
  both.subjects.emplace_back("ada");
  CHECK(FieldOf(both) == "filter");
  auto nameless = Filtered("Power users", "");
  nameless.filter->profile = core::ProfileId("no such/form");
  CHECK(FieldOf(nameless) == "filter.profile_id");
}

TEST_CASE("the key of idempotency and who asks are bounded") {
  auto order = Named({core::SubjectId("ada")});
  order.idempotency_key = "";
  CHECK(FieldOf(order) == "idempotency_key");
  order.idempotency_key = std::string(256, 'k');
  CHECK(FieldOf(order) == "idempotency_key");
  order.idempotency_key = std::string(255, 'k');
  order.requested_by = std::string(256, 'a');
  CHECK(FieldOf(order) == "requested_by");
}

TEST_CASE("an order is the same whatever the order of its subjects, its key, and the API key") {
  const auto order = Named({core::SubjectId("a"), core::SubjectId("b")});
  auto same = Named({core::SubjectId("b"), core::SubjectId("a"), core::SubjectId("b")});
  same.idempotency_key = "another";
  same.api_key_id = 5;
  CHECK(DigestOf(same) == DigestOf(order));
}

TEST_CASE("an order that asks for anything else is another") {
  const auto order = Named({core::SubjectId("a"), core::SubjectId("b")});
  const auto differs = [&](auto change) {
    auto changed = order;
    change(changed);
    return DigestOf(changed) != DigestOf(order);
  };
  CHECK(differs([](TagOrder& o) { o.tag = "At-risk"; }));
  CHECK(differs([](TagOrder& o) { o.target = TagTarget::kCompany; }));
  CHECK(differs([](TagOrder& o) { o.remove = true; }));
  CHECK(differs([](TagOrder& o) { o.kind = SubjectKind::kAccount; }));
  CHECK(differs([](TagOrder& o) { o.requested_by = "Ann"; }));
  CHECK(differs([](TagOrder& o) { o.subjects = {core::SubjectId("ab")}; }));
  CHECK(differs([](TagOrder& o) { o.subjects.emplace_back("c"); }));
  // What stands in one field is never taken for what stands in another.
  CHECK(DigestOf(Filtered("a", "")) != DigestOf(Filtered("", "a")));
}

}  // namespace accoil::tagging
