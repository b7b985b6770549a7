#include "tests/load/bare_upsert.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "libs/events/fact_columns.h"
#include "libs/postgres/database.h"

namespace accoil::load {
namespace {

using events::v1::TraitChanged;

constexpr const char* kTable = R"sql(
  CREATE TABLE IF NOT EXISTS bare_trait (
    product_id bigint, kind smallint, subject_id text COLLATE "C", profile_id text COLLATE "C",
    trait text COLLATE "C", version bigint, occurred_at timestamptz, value text,
    PRIMARY KEY (product_id, kind, subject_id, profile_id, trait)) WITH (fillfactor = 80)
)sql";

constexpr const char* kUpsert = R"sql(
  INSERT INTO bare_trait
  SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[],
                       $6::bigint[], $7::timestamptz[], $8::text[])
  ON CONFLICT (product_id, kind, subject_id, profile_id, trait) DO UPDATE
    SET version = excluded.version, occurred_at = excluded.occurred_at, value = excluded.value
    WHERE bare_trait.version < excluded.version
)sql";

/// The batches as their statements' parameters, in key order, as every batch of ours is.
std::vector<events::TraitColumns> ToBatches(const std::vector<TraitChanged>& changes,
                                            std::size_t size) {
  std::vector<events::TraitColumns> batches;
  for (std::size_t begin = 0; begin < changes.size(); begin += size) {
    events::Batch batch;
    for (std::size_t i = begin; i < std::min(begin + size, changes.size()); ++i) {
      batch.Add(events::Received<TraitChanged>{changes[i], events::KeyOf(changes[i]), "", {}});
    }
    batch.Seal();
    batches.push_back(events::ToColumns(batch.Of<TraitChanged>()));
  }
  return batches;
}

/// From /proc/PID/stat: user and system time, the 12th and 13th field after the program's name.
std::chrono::duration<double> ProcessorTimeOf(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string name;
  if (!std::getline(file, name, ')')) return {};
  constexpr int kBefore = 11;
  std::string skipped;
  for (int i = 0; i < kBefore; ++i) file >> skipped;
  double user = 0;
  double system = 0;
  file >> user >> system;
  return std::chrono::duration<double>((user + system) / static_cast<double>(sysconf(_SC_CLK_TCK)));
}

}  // namespace

UpsertResult UpsertBare(const UpsertPlan& plan, const std::vector<TraitChanged>& changes,
                        telemetry::Telemetry& telemetry) {
  postgres::DatabaseConfig config;
  config.url = plan.url;
  config.schema = plan.schema;
  config.pool_size = 1;
  postgres::Database database(config, {}, telemetry);
  database.Transact([](postgres::Transaction& tx) { tx.ExecuteScript(kTable); });
  const auto server = database.Transact([](postgres::Transaction& tx) {
    return tx.Execute("SELECT pg_backend_pid() AS pid").Only().Get<int>("pid");
  });
  const auto batches = ToBatches(changes, static_cast<std::size_t>(plan.batch));
  const auto spent_before = ProcessorTimeOf(server);
  const auto began = std::chrono::steady_clock::now();
  for (const auto& columns : batches) {
    database.Transact([&](postgres::Transaction& tx) {
      tx.Execute(kUpsert, columns.product_id, columns.kind, columns.subject_id, columns.profile_id,
                 columns.trait, columns.version, columns.occurred_at, columns.value);
    });
  }
  const auto took = std::chrono::steady_clock::now() - began;
  return {took, ProcessorTimeOf(server) - spent_before};
}

}  // namespace accoil::load
