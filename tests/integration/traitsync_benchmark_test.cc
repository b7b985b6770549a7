#include <chrono>
#include <iostream>

#include "libs/events/stored_value.h"
#include "tests/catch.h"
#include "tests/integration/traitsync_world.h"

// Not run by default: traitsync_integration_test "[benchmark]". Prints figures beside the limit
// that was measured in the same run.

namespace accoil::test {
namespace {

using events::v1::TraitChanged;

constexpr int kBatch = 500;
constexpr int kUsers = 20'000;

double Seconds(const std::function<void()>& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

/// Batches of new values for every user's trait, users in a scattered order as Kafka has them.
std::vector<events::Batch> Changes(TraitSyncWorld& world, const std::string& trait, int round) {
  std::vector<events::Batch> batches;
  for (int begin = 0; begin < kUsers; begin += kBatch) {
    events::Batch batch;
    for (int i = begin; i < begin + kBatch; ++i) {
      const auto user = static_cast<int>((static_cast<std::int64_t>(i) * 7'919) % kUsers);
      const auto event = world.TraitEvent("user" + std::to_string(user), trait, user % 97 + round);
      batch.Add(events::Received<TraitChanged>{
          event, events::KeyOf(event), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          world.clock.Now()});
    }
    batch.Seal();
    batches.push_back(std::move(batch));
  }
  return batches;
}

void MatchAll(TraitSyncWorld& world) {
  for (int begin = 0; begin < kUsers; begin += kBatch) {
    events::Batch batch;
    for (int i = begin; i < begin + kBatch; ++i) {
      const auto event = world.Matched("user" + std::to_string(i), "c" + std::to_string(i));
      batch.Add(events::Received<events::v1::UserMatched>{event, events::KeyOf(event), "",
                                                          world.clock.Now()});
      world.intercom.targets[{SubjectKind::kUser, "c" + std::to_string(i)}];
    }
    batch.Seal();
    world.ApplyBatch(batch);
  }
}

/// The same rows by one connection with nothing but the upsert.
void ApplyBare(TraitSyncWorld& world, const events::Batch& batch) {
  std::vector<std::int64_t> product_id;
  std::vector<int> kind;
  std::vector<std::string> subject_id;
  std::vector<std::string> profile_id;
  std::vector<std::string> trait;
  std::vector<std::int64_t> version;
  std::vector<std::string> value;
  for (const auto& received : batch.Of<TraitChanged>()) {
    product_id.push_back(received.event.subject().product_id());
    kind.push_back(received.event.subject().kind());
    subject_id.push_back(received.event.subject().subject_id());
    profile_id.push_back(received.event.profile_id());
    trait.push_back(received.event.trait());
    version.push_back(received.event.version());
    value.push_back(events::StoredText(received.event.value()));
  }
  world.database->Transact([&](postgres::Transaction& tx) {
    tx.Execute(R"sql(
      INSERT INTO bare_trait
      SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[],
                           $6::bigint[], $7::text[])
      ON CONFLICT (product_id, kind, subject_id, profile_id, trait) DO UPDATE
        SET version = excluded.version, value = excluded.value
        WHERE bare_trait.version < excluded.version
    )sql",
               product_id, kind, subject_id, profile_id, trait, version, value);
  });
}

void Report(const std::string& what, double seconds, double bare_seconds) {
  std::cout << what << ": " << static_cast<int>(kUsers / seconds) << " rows/s, bare upsert "
            << static_cast<int>(kUsers / bare_seconds) << " rows/s, ratio "
            << bare_seconds / seconds << "\n";
}

}  // namespace

TEST_CASE("applying trait changes beside a bare upsert of the same rows", "[.][benchmark]") {
  TraitSyncWorld world(std::chrono::seconds(2));
  world.Begin();
  MatchAll(world);
  world.database->Transact([](postgres::Transaction& tx) {
    tx.ExecuteScript(R"sql(
      CREATE TABLE bare_trait (product_id bigint, kind smallint, subject_id text, profile_id text,
        trait text, version bigint, value text,
        PRIMARY KEY (product_id, kind, subject_id, profile_id, trait)) WITH (fillfactor = 80)
    )sql");
  });
  for (const auto* const trait : {"Score", "Rate", "Plan", "LastActive"}) {
    for (int round = 0; round < 3; ++round) {
      // As if all had been delivered, so that every change makes its subject due.
      world.postgres.Run("UPDATE delivery SET due_at = NULL, claim = NULL, changed_at = NULL");
      const auto batches = Changes(world, trait, round);
      const auto bare = Seconds([&] {
        for (const auto& batch : batches) ApplyBare(world, batch);
      });
      const auto ours = Seconds([&] {
        for (const auto& batch : batches) world.ApplyBatch(batch);
      });
      Report(round == 0 ? "first values" : "new values", ours, bare);
    }
    const auto batches = Changes(world, trait, 2);
    const auto bare = Seconds([&] {
      for (const auto& batch : batches) ApplyBare(world, batch);
    });
    const auto ours = Seconds([&] {
      for (const auto& batch : batches) world.ApplyBatch(batch);
    });
    Report("values as they were", ours, bare);
  }
}

TEST_CASE("delivering to a workspace that answers at once", "[.][benchmark]") {
  TraitSyncWorld world;
  world.config.concurrency = 16;
  world.Begin();
  MatchAll(world);
  for (const auto& batch : Changes(world, "Score", 0)) world.ApplyBatch(batch);
  core::Crew crew(16);
  const auto product = world.Product();
  const auto work = [&] {
    int claimed = 0;
    do {
      claimed = traitsync::DeliveryRound(world.tools, crew, product, traitsync::Rank::kChange)
                    .Run(traitsync::DeliveryRound::kMost)
                    .claimed;
    } while (claimed > 0);
  };
  const auto seconds = Seconds(work);
  std::cout << "deliveries by one dispatcher: " << static_cast<int>(kUsers / seconds) << "/s\n";
  world.postgres.Run("UPDATE delivery SET due_at = now(), rank = 0");
  const auto unchanged = Seconds(work);
  std::cout << "unchanged deliveries: " << static_cast<int>(kUsers / unchanged) << "/s\n";
}

}  // namespace accoil::test
