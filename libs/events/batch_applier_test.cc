#include "libs/events/batch_applier.h"

#include <set>

#include "libs/core/errors.h"
#include "libs/events/event.h"
#include "libs/postgres/database.h"
#include "tests/catch.h"

namespace accoil::events {
namespace {

Record Event(std::int64_t offset) {
  v1::SubjectIdentified event;
  event.mutable_subject()->set_product_id(1);
  event.mutable_subject()->set_kind(v1::USER);
  event.mutable_subject()->set_subject_id("u" + std::to_string(offset));
  event.set_version(1);
  const auto sent = ToRecord(event);
  Record record;
  record.topic = sent.topic;
  record.offset = offset;
  record.key = sent.key;
  record.value = sent.value;
  record.headers = sent.headers;
  record.headers["traceparent"] = "trace of " + std::to_string(offset);
  return record;
}

std::vector<Record> Events(int count) {
  std::vector<Record> records;
  for (int i = 0; i < count; ++i) records.push_back(Event(i));
  return records;
}

/// Stands for the transaction and the handler in it.
struct Ledger {
  std::set<std::string> refused;
  /// Fails for a reason that is not the records' when this one is among them.
  std::string blocked_by;

  std::vector<std::int64_t> committed;
  std::map<std::int64_t, std::string> rejected;
  int calls = 0;

  CommitRecords Commit() {
    return [this](std::span<const Record> records, const Batch& batch,
                  const std::vector<Rejected>& given_up) {
      ++calls;
      for (const auto& received : batch.Of<v1::SubjectIdentified>()) {
        const auto& id = received.event.subject().subject_id();
        if (id == blocked_by) throw core::Unavailable("no database");
        if (refused.contains(id)) throw std::runtime_error("cannot apply " + id);
      }
      for (const auto& record : records) committed.push_back(record.offset);
      for (const auto& [record, reason] : given_up) rejected[record->offset] = reason;
    };
  }
};

std::vector<std::int64_t> Offsets(int count) {
  std::vector<std::int64_t> offsets;
  for (int i = 0; i < count; ++i) offsets.push_back(i);
  return offsets;
}

}  // namespace

TEST_CASE("a batch that can be applied is committed at once") {
  const auto records = Events(500);
  Ledger ledger;
  std::size_t committed = 0;
  ApplyInHalves(records, ledger.Commit(), committed);
  CHECK(committed == 500);
  CHECK(ledger.calls == 1);
  CHECK(ledger.committed == Offsets(500));
  CHECK(ledger.rejected.empty());
}

TEST_CASE("the records that cannot be applied are rejected, all others committed once in order") {
  const auto records = Events(500);
  Ledger ledger;
  ledger.refused = {"u0", "u137", "u138", "u499"};
  std::size_t committed = 0;
  ApplyInHalves(records, ledger.Commit(), committed);
  CHECK(committed == 500);
  CHECK(ledger.committed == Offsets(500));
  REQUIRE(ledger.rejected.size() == 4);
  CHECK(ledger.rejected[137] == "cannot apply u137");
  // Halving: about twice the depth for each, far from one call a record.
  CHECK(ledger.calls < 80);
}

TEST_CASE("a record that cannot be read is rejected without halving") {
  auto records = Events(10);
  records[3].value = "\xFF";
  records[5].value.reset();
  records[7].topic = "dead-letter";
  Ledger ledger;
  std::size_t committed = 0;
  ApplyInHalves(records, ledger.Commit(), committed);
  CHECK(ledger.calls == 1);
  CHECK(ledger.committed == Offsets(10));
  REQUIRE(ledger.rejected.size() == 2);
  CHECK(ledger.rejected.contains(3));
  CHECK(ledger.rejected[7] == "topic: has no events that can be applied");
}

TEST_CASE("what is not the records' fault is thrown on, and what was committed stays counted") {
  const auto records = Events(8);
  Ledger ledger;
  ledger.refused = {"u1"};
  std::size_t committed = 0;
  // The whole batch is refused for u1; its first half is done when the second meets the outage.
  const auto commit = ledger.Commit();
  CHECK_THROWS_AS(ApplyInHalves(
                      records,
                      [&](std::span<const Record> some, const Batch& batch,
                          const std::vector<Rejected>& rejected) {
                        if (ledger.committed.size() == 4) ledger.blocked_by = "u6";
                        commit(some, batch, rejected);
                      },
                      committed),
                  core::Unavailable);
  CHECK(committed == 4);
  CHECK(ledger.committed == Offsets(4));
  CHECK(ledger.rejected.size() == 1);
}

TEST_CASE("an event comes with its key, trace and time") {
  std::vector<Record> records{Event(4)};
  records[0].timestamp = core::FromMicroseconds(5'000'000);
  std::size_t committed = 0;
  ApplyInHalves(
      records,
      [](std::span<const Record>, const Batch& batch, const std::vector<Rejected>&) {
        REQUIRE(batch.Of<v1::SubjectIdentified>().size() == 1);
        const auto& received = batch.Of<v1::SubjectIdentified>()[0];
        CHECK(received.key == "1/user/u4");
        CHECK(received.traceparent == "trace of 4");
        CHECK(received.published_at == core::FromMicroseconds(5'000'000));
      },
      committed);
  CHECK(committed == 1);
}

TEST_CASE("a reason is text whatever the error says") {
  const auto records = Events(1);
  std::string reason;
  std::size_t committed = 0;
  ApplyInHalves(
      records,
      [&](std::span<const Record>, const Batch& batch, const std::vector<Rejected>& rejected) {
        if (!batch.empty()) throw std::runtime_error("\xFF\xFE");
        reason = rejected.at(0).reason;
      },
      committed);
  CHECK(reason == "an error whose text is not UTF-8");
}

TEST_CASE("conditions of the database are not the records' fault, bad values are") {
  for (const char* state : {"22001", "22P02", "23505", "23514", "21000", "P0001"}) {
    CHECK(RecordsAreAtFault(postgres::SqlError("", state)));
  }
  for (const char* state : {"40P01", "40001", "53100", "53300", "55P03", "57014", "58030", "42P01",
                            "42501", "25006", "28000", "XX000"}) {
    CHECK_FALSE(RecordsAreAtFault(postgres::SqlError("", state)));
  }
  CHECK_FALSE(RecordsAreAtFault(postgres::DatabaseUnavailable("", true)));
  CHECK_FALSE(RecordsAreAtFault(core::DeadlineExceeded("")));
  CHECK_FALSE(RecordsAreAtFault(PartitionsLost({})));
  CHECK_FALSE(RecordsAreAtFault(std::bad_alloc()));
  CHECK(RecordsAreAtFault(core::InvalidArgument("field", "is wrong")));
  CHECK(RecordsAreAtFault(std::logic_error("a defect")));
}

}  // namespace accoil::events
