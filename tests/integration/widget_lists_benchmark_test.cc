#include <algorithm>
#include <chrono>
#include <iostream>

#include "libs/events/fact_columns.h"
#include "tests/catch.h"
#include "tests/integration/widget_lists_bed.h"

// Not run by default: widget_integration_test "[lists-benchmark]". Prints figures.

namespace accoil::test {
namespace {

using events::v1::TraitChanged;
using std::chrono::duration;
using std::chrono::steady_clock;

constexpr int kSubjects = 1'000'000;
constexpr int kSlice = 100'000;
constexpr int kPages = 9;

double Seconds(const std::function<void()>& work) {
  const auto began = steady_clock::now();
  work();
  return duration<double>(steady_clock::now() - began).count();
}

/// 1,000,000 users with eight traits and three segments each; lists follow by the keeper.
void Seed(ListsBed& bed) {
  bed.Connect();
  events::v1::ProfileChanged profile;
  profile.set_product_id(ListsBed::kProduct);
  profile.set_profile_id("trial");
  profile.set_name("Trial Users");
  profile.set_sync_mode(events::v1::ALL_TRAITS);
  profile.set_summary(true);
  const auto add = [&](const char* name, events::v1::TraitType type) {
    auto& trait = *profile.add_catalogue();
    trait.set_name(name);
    trait.set_type(type);
    trait.add_on(events::v1::USER);
  };
  for (const auto* name : {"Score", "ActivationRate", "Frequency", "ActiveDays", "Revenue"}) {
    add(name, events::v1::FLOAT);
  }
  add("LastActive", events::v1::DATE);
  add("Plan", events::v1::STRING);
  add("Paying", events::v1::BOOLEAN);
  bed.Tell(profile);
  // No statement may take longer than one may.
  for (int begin = 0; begin < kSubjects; begin += kSlice) {
    const auto all = "generate_series(" + std::to_string(begin) + ", " +
                     std::to_string(begin + kSlice - 1) + ") i";
    bed.postgres().Run(
        "INSERT INTO subject SELECT 7, 1, 'user-' || i, 1, 1, false, 'first' || i % 5003 || "
        "'.last' "
        "|| i || '@company' || i % 977 || '.example', 'First' || i % 5003 || ' Last' || "
        "(i::bigint * 7919) % 1000000, ARRAY['a' || i % 1000] FROM " +
        all);
    bed.postgres().Run(R"sql(
      INSERT INTO trait (product_id, kind, subject_id, profile_id, trait, version, epoch, occurred_at,
                         value)
      SELECT 7, 1, 'user-' || i, 'trial', t.name, 1, 1, now(), CASE t.name
        WHEN 'Score' THEN ((i::bigint * 7919) % 101)::text
        WHEN 'LastActive' THEN '"' || to_char(TIMESTAMP '2026-11-24' -
             ((i::bigint * 104729) % 5184000) * INTERVAL '1 second', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
             || '"'
        WHEN 'Plan' THEN '"' || (ARRAY['free', 'team', 'business', 'enterprise'])[1 + i % 4] || '"'
        WHEN 'Paying' THEN (i % 3 = 0)::text
        WHEN 'ActivationRate' THEN round(((i::bigint * 31) % 10000) / 100.0, 2)::text
        WHEN 'Frequency' THEN ((i::bigint * 17) % 31)::text
        WHEN 'ActiveDays' THEN ((i::bigint * 13) % 366)::text
        ELSE ((i::bigint * 104729) % 1000003)::text END
      FROM )sql" + all +
                       R"sql(, unnest(ARRAY['Score', 'LastActive', 'Plan', 'Paying',
        'ActivationRate', 'Frequency', 'ActiveDays', 'Revenue']) t (name))sql");
    bed.postgres().Run(
        "INSERT INTO membership SELECT 7, 1, 'user-' || i, 'trial', m.name, 1, 1, true, now() "
        "FROM " +
        all + ", unnest(ARRAY['All', 'Tenth ' || i % 10, 'Rare ' || i % 5000]) m (name)");
    bed.postgres().Run(
        "INSERT INTO list_note (product_id, kind, subject_id, profile_id) SELECT array_agg(7), "
        "array_agg(1), array_agg('user-' || i ORDER BY i), array_agg('trial'::text) FROM " +
        all + " GROUP BY i / 500");
  }
  bed.postgres().Run("ANALYZE subject, trait, membership");
  std::cout << "lists followed " << kSubjects / Seconds([&] { bed.Follow(); })
            << " subjects a second\n";
  bed.postgres().Run("ANALYZE listed");
}

void Report(const std::string& what, std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  std::cout << what << ": median " << seconds[seconds.size() / 2] * 1e3 << " ms, worst "
            << seconds.back() * 1e3 << " ms\n";
}

std::vector<events::Batch> Changes(int users, std::int64_t version, core::TimePoint at) {
  constexpr int kBatch = 500;
  std::vector<events::Batch> batches;
  // As Kafka has it: the traits of one user lie in different partitions, and so in other batches.
  for (const auto* trait : {"Score", "ActivationRate", "Frequency", "ActiveDays"}) {
    for (int begin = 0; begin < users; begin += kBatch) {
      events::Batch batch;
      for (int i = begin; i < begin + kBatch; ++i) {
        const auto user = static_cast<std::int64_t>(i) * 7'919 % users;
        TraitChanged event;
        *event.mutable_subject() = ListsBed::User("w" + std::to_string(user));
        event.set_version(version);
        event.set_profile_id("trial");
        event.set_trait(trait);
        event.mutable_value()->set_number_value(static_cast<double>((user + version * 31) % 97));
        events::SetTime(at, *event.mutable_occurred_at());
        batch.Add(events::Received<TraitChanged>{event, events::KeyOf(event), "", at});
      }
      batch.Seal();
      batches.push_back(std::move(batch));
    }
  }
  return batches;
}

}  // namespace

TEST_CASE("first pages of a million subjects", "[.][lists-benchmark]") {
  ListsBed bed;
  Seed(bed);
  const auto measure = [&](const std::string& what, auto&& change) {
    std::vector<double> seconds;
    for (int i = 0; i < kPages; ++i) {
      auto request = bed.Users();
      change(request);
      seconds.push_back(Seconds([&] { bed.List(request); }));
    }
    Report(what, seconds);
  };
  using R = ListsBed::Request;
  for (const bool descending : {false, true}) {
    for (const auto* sort : {"Score", "LastActive", "Name", "Revenue", "Plan", "Paying"}) {
      measure(std::string("by ") + sort + (descending ? ", descending" : ""), [&](R& r) {
        r.set_sort(sort);
        r.set_descending(descending);
      });
    }
  }
  measure("in a tenth", [](R& r) { r.set_segment("Tenth 3"); });
  measure("in a segment of 200", [](R& r) { r.set_segment("Rare 17"); });
  measure("a condition of a third", [](R& r) { r.set_condition("Paying and Frequency >= 0"); });
  measure("a condition of nobody", [](R& r) { r.set_condition("Revenue > 2000000"); });
  measure("a condition of six parts, of few", [](R& r) {
    r.set_condition(
        "Score < 40 and 'Rare 17' in Segments and LastActive > 14 days ago and not Paying and "
        "(Plan = 'team' or Name contains 'first1')");
  });
  measure("a search of few", [](R& r) { r.set_search("last4711"); });
  measure("a search of nobody", [](R& r) { r.set_search("nobody@nowhere"); });
  measure("a search of a thousandth, by Revenue", [](R& r) {
    r.set_search("company17");
    r.set_sort("Revenue");
  });
}

TEST_CASE("what lists cost those who apply traits, beside a bare upsert", "[.][lists-benchmark]") {
  constexpr int kUsers = 10'000;
  constexpr int kTraits = 4;
  ListsBed bed;
  bed.database().Transact([](postgres::Transaction& tx) {
    tx.ExecuteScript(R"sql(
      CREATE TABLE bare_trait (product_id bigint, kind smallint, subject_id text COLLATE "C",
        profile_id text COLLATE "C", trait text COLLATE "C", version bigint,
        occurred_at timestamptz, value text,
        PRIMARY KEY (product_id, kind, subject_id, profile_id, trait)) WITH (fillfactor = 80)
    )sql");
  });
  const auto bare = [&](const events::Batch& batch) {
    const auto columns = events::ToColumns(batch.Of<TraitChanged>());
    bed.database().Transact([&](postgres::Transaction& tx) {
      tx.Execute(R"sql(
        INSERT INTO bare_trait
        SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[],
                             $6::bigint[], $7::timestamptz[], $8::text[])
        ON CONFLICT (product_id, kind, subject_id, profile_id, trait) DO UPDATE
          SET version = excluded.version, occurred_at = excluded.occurred_at,
              value = excluded.value
          WHERE bare_trait.version < excluded.version
      )sql",
                 columns.product_id, columns.kind, columns.subject_id, columns.profile_id,
                 columns.trait, columns.version, columns.occurred_at, columns.value);
    });
  };
  for (std::int64_t version = 1; version <= 12; version += 2) {
    const auto batches = Changes(kUsers, version, bed.clock.Now());
    const auto each = [&](const auto& apply) {
      return Seconds([&] {
        for (const auto& batch : batches) apply(batch);
      });
    };
    const auto upsert = each(bare);
    const auto applied = each([&](const events::Batch& batch) { bed.Apply(batch); });
    // Notes of all four traits are there: each row is written once.
    const auto followed = Seconds([&] { bed.Follow(); });
    const auto again = Changes(kUsers, version + 1, bed.clock.Now());
    const auto at_once = Seconds([&] {
      for (const auto& batch : again) {
        bed.Apply(batch);
        bed.Follow();
      }
    });
    const auto rows = static_cast<double>(kUsers) * kTraits;
    std::cout << "bare upsert " << static_cast<int>(rows / upsert)
              << " rows/s; applied and noted: " << upsert / applied
              << " of it; with lists behind: " << upsert / (applied + followed)
              << "; with lists after each batch: " << upsert / at_once << "\n";
  }
}

}  // namespace accoil::test
