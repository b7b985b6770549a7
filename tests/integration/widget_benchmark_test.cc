#include <algorithm>
#include <chrono>
#include <iostream>

#include "libs/events/fact_columns.h"
#include "tests/catch.h"
#include "tests/integration/widget_served.h"

// Not run by default: widget_integration_test "[benchmark]". Prints figures, those of the consumer
// beside the limit that was measured in the same run.

namespace accoil::test {
namespace {

using events::v1::TraitChanged;
using events::v1::USER;

constexpr int kBatch = 500;
constexpr int kUsers = 90'000;
constexpr int kAccounts = 10'000;
constexpr int kTraits = 10;

double Seconds(const std::function<void()>& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

/// 100,000 subjects with ten traits and three segments each in one profile, and two more profiles.
void Seed(WidgetBed& bed) {
  bed.Connect();
  for (const auto& [id, name] : {std::pair("trial", "Trial Users"), std::pair("paid", "Paid Users"),
                                 std::pair("all", "All Users")}) {
    events::v1::ProfileChanged profile;
    profile.set_product_id(WidgetBed::kProduct);
    profile.set_profile_id(id);
    profile.set_name(name);
    profile.set_sync_mode(events::v1::ALL_TRAITS);
    profile.set_summary(profile.profile_id() == "trial");
    for (const auto* trait :
         {"Score", "ActivationRate", "AdoptionRate", "AdoptionRateAllTime", "ActiveUsers",
          "TotalUsers", "Frequency", "Trait7", "Trait8", "Trait9"}) {
      auto& definition = *profile.add_catalogue();
      definition.set_name(trait);
      definition.set_type(events::v1::INTEGER);
      definition.add_on(USER);
      definition.add_on(events::v1::ACCOUNT);
      definition.set_definition(std::string("What ") + trait + " means, in a sentence or two.");
    }
    bed.Tell(profile);
  }
  const auto users = std::to_string(kUsers - 1);
  const auto accounts = std::to_string(kAccounts - 1);
  bed.postgres().Run(
      "INSERT INTO subject SELECT 7, 1, 'u' || i, 1, 1, false, 'u' || i || '@x.example', "
      "'User ' || i, ARRAY['a' || i % " +
      std::to_string(kAccounts) + "] FROM generate_series(0, " + users + ") i");
  bed.postgres().Run(
      "INSERT INTO subject SELECT 7, 2, 'a' || i, 1, 1, false, '', 'Account ' || i, '{}' "
      "FROM generate_series(0, " +
      accounts + ") i");
  bed.postgres().Run(
      "INSERT INTO match SELECT 7, kind, subject_id, 1, 1, 'ws-1', "
      "CASE kind WHEN 1 THEN 'c' ELSE 'co' END || substr(subject_id, 2) FROM subject");
  bed.postgres().Run(
      "INSERT INTO trait SELECT 7, s.kind, s.subject_id, 'trial', t.name, 1, 1, now(), '50', "
      "'[[20500, 41], [20501, 45]]' FROM subject s, unnest(ARRAY['Score', 'ActivationRate', "
      "'AdoptionRate', 'AdoptionRateAllTime', 'ActiveUsers', 'TotalUsers', 'Frequency', 'Trait7', "
      "'Trait8', 'Trait9']) t (name)");
  bed.postgres().Run(
      "INSERT INTO membership SELECT 7, s.kind, s.subject_id, 'trial', m.name, 1, 1, true, now() "
      "FROM subject s, unnest(ARRAY['All', 'Mature', 'Slightly Engaged']) m (name)");
  bed.postgres().Run("ANALYZE subject, trait, membership, match, profile, connection");
}

void Report(const std::string& what, std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  const auto at = [&](double share) {
    return seconds[static_cast<std::size_t>(share * static_cast<double>(seconds.size() - 1))] * 1e3;
  };
  std::cout << what << ": median " << at(0.5) << " ms, p99 " << at(0.99) << " ms\n";
}

/// Batches of new values for every user's trait, users in a scattered order as Kafka has them.
std::vector<events::Batch> Changes(const std::string& trait, int users, int round,
                                   std::int64_t version, core::TimePoint at) {
  std::vector<events::Batch> batches;
  for (int begin = 0; begin < users; begin += kBatch) {
    events::Batch batch;
    for (int i = begin; i < begin + kBatch; ++i) {
      const auto user = static_cast<int>((static_cast<std::int64_t>(i) * 7'919) % users);
      TraitChanged event;
      *event.mutable_subject() = WidgetBed::Subject(USER, "u" + std::to_string(user));
      event.set_version(version);
      event.set_profile_id("trial");
      event.set_trait(trait);
      event.mutable_value()->set_number_value(user % 97 + round);
      events::SetTime(at, *event.mutable_occurred_at());
      batch.Add(events::Received<TraitChanged>{event, events::KeyOf(event), "", at});
    }
    batch.Seal();
    batches.push_back(std::move(batch));
  }
  return batches;
}

/// The same rows by one connection with nothing but the upsert.
void ApplyBare(WidgetBed& bed, const events::Batch& batch) {
  const auto columns = events::ToColumns(batch.Of<TraitChanged>());
  bed.database().Transact([&](postgres::Transaction& tx) {
    tx.Execute(R"sql(
      INSERT INTO bare_trait
      SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[],
                           $6::bigint[], $7::timestamptz[], $8::text[])
      ON CONFLICT (product_id, kind, subject_id, profile_id, trait) DO UPDATE
        SET version = excluded.version, occurred_at = excluded.occurred_at, value = excluded.value
        WHERE bare_trait.version < excluded.version
    )sql",
               columns.product_id, columns.kind, columns.subject_id, columns.profile_id,
               columns.trait, columns.version, columns.occurred_at, columns.value);
  });
}

}  // namespace

TEST_CASE("canvases over a hundred thousand subjects", "[.][benchmark]") {
  constexpr int kCanvases = 8'000;
  ServedWidget widget;
  Seed(widget);
  std::vector<double> parts;
  std::vector<double> finds;
  std::vector<double> calls;
  for (int i = 0; i < kCanvases; ++i) {
    const auto contact = "c" + std::to_string((i * 7'919) % kUsers);
    const widget::Look look{
        core::WorkspaceId("ws-1"), core::ContactId(contact), false, {}, "anna", {}};
    finds.push_back(Seconds([&] { widget.inbox.Read({&look, 1}, widget.clock.Now()); }));
    parts.push_back(Seconds([&] {
      const widget::Choice choice;
      const auto inbox = widget.Load(look, choice);
      widget::RenderCanvas(inbox, choice, {}, widget.clock.Now());
    }));
    auto request = ServedWidget::Request(contact);
    if (i % 2 == 1) {
      request.set_component_id("tab");
      (*request.mutable_input_values())["tab"] = i % 4 == 1 ? "user" : "account";
    }
    std::string answer;
    calls.push_back(Seconds([&] { answer = widget.Render(request); }));
    REQUIRE(answer.find("50") != std::string::npos);
  }
  widget.database().Transact([](postgres::Transaction& tx) {
    for (const auto& row :
         tx.Execute("SELECT left(regexp_replace(statement, '\\s+', ' ', 'g'), 60) "
                    "AS statement, generic_plans, custom_plans "
                    "FROM pg_prepared_statements WHERE generic_plans > 100 OR "
                    "custom_plans > 100")) {
      std::cout << row.Get<std::string>("statement")
                << "…: " << row.Get<std::int64_t>("generic_plans") << " generic and "
                << row.Get<std::int64_t>("custom_plans") << " custom plans\n";
    }
  });
  Report("read", finds);
  Report("read and rendered", parts);
  Report("Render over gRPC, half of them clicks", calls);
}

TEST_CASE("applying trait changes beside a bare upsert of the same rows", "[.][benchmark]") {
  constexpr int kChanged = 20'000;
  WidgetBed bed;
  bed.database().Transact([](postgres::Transaction& tx) {
    tx.ExecuteScript(R"sql(
      CREATE TABLE bare_trait (product_id bigint, kind smallint, subject_id text COLLATE "C",
        profile_id text COLLATE "C", trait text COLLATE "C", version bigint,
        occurred_at timestamptz, value text,
        PRIMARY KEY (product_id, kind, subject_id, profile_id, trait)) WITH (fillfactor = 80)
    )sql");
  });
  std::int64_t version = 0;
  for (const auto* const trait : {"Score", "ActivationRate", "Frequency"}) {
    for (const auto* const what :
         {"first values", "new values, another day", "new values, the same day",
          "new values, another day", "values as they were"}) {
      if (std::string_view(what).find("another") != std::string_view::npos) {
        bed.clock.Advance(std::chrono::hours(24));
      }
      const int round = std::string_view(what) == "values as they were"
                            ? static_cast<int>(version)
                            : static_cast<int>(version + 1);
      ++version;
      const auto batches = Changes(trait, kChanged, round, version, bed.clock.Now());
      const auto bare = Seconds([&] {
        for (const auto& batch : batches) ApplyBare(bed, batch);
      });
      const auto ours = Seconds([&] {
        for (const auto& batch : batches) bed.Apply(batch);
      });
      std::cout << what << ": " << static_cast<int>(kChanged / ours) << " rows/s, bare upsert "
                << static_cast<int>(kChanged / bare) << " rows/s, ratio " << bare / ours << "\n";
    }
  }
}

}  // namespace accoil::test
