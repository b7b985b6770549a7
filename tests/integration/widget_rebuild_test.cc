// Rebuilding the read model from a real Kafka.

#include <atomic>
#include <thread>

#include "services/widget/list_keeper.h"
#include "services/widget/rebuild_watch.h"
#include "tests/catch.h"
#include "tests/integration/kafka_fixture.h"
#include "tests/integration/wait.h"
#include "tests/integration/widget_bed.h"

namespace accoil::test {
namespace {

using events::v1::ACCOUNT;
using events::v1::USER;

constexpr int kUsers = 200;

bool Has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

events::v1::SubjectIdentified Identified(const events::v1::Subject& subject,
                                         const std::string& name, std::int64_t version) {
  events::v1::SubjectIdentified event;
  *event.mutable_subject() = subject;
  event.set_version(version);
  event.set_name(name);
  if (subject.kind() == USER) event.add_account_ids("acme");
  return event;
}

events::v1::UserMatched Matched(const events::v1::Subject& subject, const std::string& target) {
  events::v1::UserMatched event;
  *event.mutable_subject() = subject;
  event.set_version(1);
  event.set_workspace_id(WidgetBed::kWorkspace);
  event.set_target_id(target);
  event.set_decision(events::v1::MATCHED_BY_EMAIL);
  return event;
}

events::v1::TraitChanged Scored(const events::v1::Subject& subject, double score,
                                std::int64_t version) {
  events::v1::TraitChanged event;
  *event.mutable_subject() = subject;
  event.set_version(version);
  event.set_profile_id("trial");
  event.set_trait("Score");
  event.mutable_value()->set_number_value(score);
  return event;
}

/// The widget as it runs, but for its gRPC face.
class RunningWidget : public WidgetBed {
 public:
  RunningWidget() {
    keeper_.Start();
    watch_.Start();
    consumer_.Start();
  }
  ~RunningWidget() {
    consumer_.Stop();
    watch_.Stop();
    keeper_.Stop();
  }

  /// Tells of a connected product with `kUsers` users of one account, as the services would.
  void TellAll() {
    events::v1::ConnectionChanged connection;
    connection.set_product_id(kProduct);
    connection.set_version(1);
    connection.set_workspace_id(kWorkspace);
    connection.set_state(events::v1::CONNECTED);
    connection.set_attribute_prefix("Accoil");
    events::v1::ProfileChanged profile;
    profile.set_product_id(kProduct);
    profile.set_profile_id("trial");
    profile.set_version(1);
    profile.set_name("Trial Users");
    profile.set_sync_mode(events::v1::ALL_TRAITS);
    profile.set_summary(true);
    auto& trait = *profile.add_catalogue();
    trait.set_name("Score");
    trait.set_type(events::v1::INTEGER);
    trait.add_on(USER);
    trait.add_on(ACCOUNT);
    const auto acme = Subject(ACCOUNT, "acme");
    kafka.Publish(connection);
    kafka.Publish(profile);
    kafka.Publish(Identified(acme, "Acme Inc", 1), Scored(acme, 40, 1));
    std::vector<events::OutgoingRecord> records;
    for (int i = 0; i < kUsers; ++i) {
      const auto user = Subject(USER, "u" + std::to_string(i));
      records.push_back(events::ToRecord(Identified(user, "User " + std::to_string(i), 1)));
      records.push_back(events::ToRecord(Matched(user, "c" + std::to_string(i))));
      records.push_back(events::ToRecord(Scored(user, 20, 1)));
      records.push_back(events::ToRecord(Scored(user, 71, 2)));
    }
    kafka.Write(records);
  }

  bool Shows(const std::string& contact, const std::string& words) {
    return Has(Canvas(contact, widget::Tab::kUser), words);
  }
  bool ShowsAll() {
    return postgres().Number("SELECT count(*) FROM trait WHERE value = '71'") == kUsers &&
           postgres().Number("SELECT count(*) FROM match") == kUsers && Shows("c0", "User 0");
  }

  KafkaFixture kafka;
  widget::Rebuild rebuild{database()};

 private:
  events::Consumer consumer_{{.kafka = kafka.config(), .group = "widget"},
                             widget::ModelHandler::Topics(),
                             handler(),
                             database(),
                             kafka.telemetry()};
  widget::Metrics metrics_{kafka.telemetry()};
  widget::ListKeeper keeper_{database(), metrics_, kafka.telemetry().logger()};
  widget::RebuildWatch watch_{rebuild, kafka.telemetry().logger(), [this] { consumer_.Reread(); }};
};

}  // namespace

TEST_CASE("a rebuild reads Kafka from the start and serves meanwhile; what is not told goes") {
  RunningWidget widget;
  widget.TellAll();
  REQUIRE(WaitUntil([&] { return widget.ShowsAll(); }));
  // What nobody ever told: a defect of an earlier version, say.
  widget.Identify(widget.Subject(USER, "ghost"), "Ghost");
  widget.Match(widget.Subject(USER, "ghost"), "c-ghost");
  // And rows that such a defect has lost.
  widget.postgres().Run("DELETE FROM trait WHERE subject_id IN ('u7', 'u8')");
  REQUIRE(widget.Shows("c-ghost", "Ghost"));
  REQUIRE_FALSE(widget.Shows("c7", "71 · "));
  const auto history = widget.postgres().Text("SELECT history FROM trait WHERE subject_id = 'u1'");

  widget.rebuild.Begin();
  bool served = true;
  REQUIRE(WaitUntil([&] {
    // No row of a fact is gone at any time, nor goes back to what it was.
    served = served && widget.Shows("c1", "71 · ") && widget.Shows("c1", "User 1");
    return !widget.rebuild.Look().under_way;
  }));
  CHECK(served);
  CHECK(widget.ShowsAll());
  CHECK(widget.Shows("c7", "71 · "));
  CHECK_FALSE(widget.Shows("c-ghost", "Ghost"));
  CHECK(widget.postgres().Number("SELECT count(*) FROM subject") == kUsers + 1);
  CHECK(widget.postgres().Text("SELECT history FROM trait WHERE subject_id = 'u1'") == history);
}

TEST_CASE("what happens during a rebuild shows at once, and so does what comes after it") {
  RunningWidget widget;
  widget.TellAll();
  REQUIRE(WaitUntil([&] { return widget.ShowsAll(); }));
  widget.rebuild.Begin();
  const auto user = widget.Subject(USER, "u3");
  widget.kafka.Publish(Scored(user, 88, 3));
  REQUIRE(WaitUntil([&] { return widget.Shows("c3", "88 · "); }));
  REQUIRE(WaitUntil([&] { return !widget.rebuild.Look().under_way; }));
  CHECK(widget.Shows("c3", "88 · "));
  widget.kafka.Publish(Scored(user, 11, 4));
  REQUIRE(WaitUntil([&] { return widget.Shows("c3", "11 · "); }));
}

TEST_CASE("a rebuild that begins while another is under way ends both") {
  RunningWidget widget;
  widget.TellAll();
  REQUIRE(WaitUntil([&] { return widget.ShowsAll(); }));
  widget.rebuild.Begin();
  widget.rebuild.Begin();
  REQUIRE(WaitUntil([&] { return !widget.rebuild.Look().under_way; }));
  CHECK(widget.rebuild.Look().epoch == 3);
  CHECK(widget.ShowsAll());
  CHECK(widget.postgres().Number("SELECT count(*) FROM rebuild_goal") == 0);
}

}  // namespace accoil::test
