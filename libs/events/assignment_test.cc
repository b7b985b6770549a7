#include "libs/events/assignment.h"

#include "tests/catch.h"

namespace accoil::events {
namespace {

const Partition kFirst{"t", 0};
const Partition kSecond{"t", 1};

Record At(const Partition& partition, std::int64_t offset) {
  Record record;
  record.topic = partition.topic;
  record.partition = partition.number;
  record.offset = offset;
  return record;
}

std::vector<std::int64_t> Offsets(const Assignment& assignment) {
  std::vector<std::int64_t> offsets;
  for (const auto& record : assignment.records()) offsets.push_back(record.offset);
  return offsets;
}

}  // namespace

TEST_CASE("records are only taken of partitions whose place is known") {
  Assignment assignment;
  assignment.Take(At(kFirst, 0));
  assignment.Hold(kFirst);
  assignment.Take(At(kFirst, 0));
  CHECK(assignment.records().empty());
  CHECK(assignment.Unplaced() == std::vector{kFirst});
  assignment.Place(kFirst, 5);
  assignment.Take(At(kFirst, 4));
  assignment.Take(At(kFirst, 5));
  assignment.Take(At(kFirst, 5));
  // Compaction leaves gaps.
  assignment.Take(At(kFirst, 9));
  CHECK(Offsets(assignment) == std::vector<std::int64_t>{5, 9});
  CHECK(assignment.Placed() == std::vector{kFirst});
}

TEST_CASE("a record that may have been reached by a leap is asked for again, once") {
  Assignment assignment;
  assignment.Hold(kFirst);
  assignment.Place(kFirst, std::nullopt);
  CHECK_FALSE(assignment.Take(At(kFirst, 3)));
  CHECK(assignment.records().empty());
  assignment.Displace(kFirst);
  assignment.Place(kFirst, std::nullopt);

  SECTION("the records before it come") {
    CHECK(assignment.Take(At(kFirst, 0)));
    CHECK(assignment.Take(At(kFirst, 1)));
    CHECK(Offsets(assignment) == std::vector<std::int64_t>{0, 1});
  }
  SECTION("there are none before it") {
    CHECK(assignment.Take(At(kFirst, 3)));
    // What follows is fetched from there on: its gaps are the log's.
    CHECK(assignment.Take(At(kFirst, 7)));
    CHECK(Offsets(assignment) == std::vector<std::int64_t>{3, 7});
  }
  SECTION("another leap comes") { CHECK_FALSE(assignment.Take(At(kFirst, 5))); }
}

TEST_CASE("after the group has shared out partitions anew, those that were kept are doubted, too") {
  Assignment assignment;
  assignment.Hold(kFirst);
  assignment.Place(kFirst, 5);
  CHECK(assignment.Take(At(kFirst, 5)));
  assignment.Distrust();
  CHECK_FALSE(assignment.Take(At(kFirst, 9)));
  CHECK(Offsets(assignment) == std::vector<std::int64_t>{5});
  assignment.Displace(kFirst);
  assignment.Place(kFirst, 5);
  CHECK(assignment.Take(At(kFirst, 5)));
}

TEST_CASE("where the log begins later than at 0, its first record is no leap") {
  Assignment assignment;
  assignment.Hold(kFirst);
  assignment.Place(kFirst, std::nullopt);
  assignment.PlaceAtStart(kFirst);
  CHECK(assignment.Take(At(kFirst, 100)));
}

TEST_CASE("a batch moves each of its partitions from what is stored to behind its last record") {
  Assignment assignment;
  assignment.Hold(kFirst);
  assignment.Hold(kSecond);
  assignment.Place(kFirst, 5);
  assignment.Place(kSecond, std::nullopt);
  assignment.Take(At(kFirst, 5));
  assignment.Take(At(kSecond, 0));
  assignment.Take(At(kFirst, 8));

  auto advances = assignment.AdvancesOf(assignment.records());
  REQUIRE(advances.size() == 2);
  CHECK(advances[0].partition == kFirst);
  CHECK(advances[0].expected == 5);
  CHECK(advances[0].next == 9);
  CHECK(advances[1].partition == kSecond);
  CHECK_FALSE(advances[1].expected.has_value());
  CHECK(advances[1].next == 1);

  // In parts: the second part expects what the first has stored.
  const auto records = std::span(assignment.records());
  assignment.Moved(assignment.AdvancesOf(records.first(1)));
  advances = assignment.AdvancesOf(records.subspan(1));
  CHECK(advances[0].expected == 6);
  CHECK(advances[0].next == 9);
  assignment.Moved(advances);
  assignment.DropFirst(3);
  CHECK(assignment.records().empty());
  CHECK(assignment.AppliedOffsets() ==
        std::map<Partition, std::int64_t>{{kFirst, 9}, {kSecond, 1}});
}

TEST_CASE("what a revoked partition had buffered is forgotten, the rest stays") {
  Assignment assignment;
  assignment.Hold(kFirst);
  assignment.Hold(kSecond);
  assignment.Place(kFirst, 1);
  assignment.Place(kSecond, 2);
  assignment.Take(At(kFirst, 1));
  assignment.Take(At(kSecond, 2));
  assignment.Take(At(kFirst, 3));
  assignment.Release(kFirst);
  CHECK(Offsets(assignment) == std::vector<std::int64_t>{2});
  assignment.Take(At(kFirst, 4));
  CHECK(Offsets(assignment) == std::vector<std::int64_t>{2});
  CHECK(assignment.Placed() == std::vector{kSecond});
}

TEST_CASE("a partition whose offset another member moved has to be placed again") {
  Assignment assignment;
  assignment.Hold(kFirst);
  assignment.Place(kFirst, 5);
  assignment.Take(At(kFirst, 5));
  assignment.Displace(kFirst);
  assignment.Displace(kSecond);
  CHECK(assignment.records().empty());
  CHECK(assignment.Unplaced() == std::vector{kFirst});
  assignment.Place(kFirst, 7);
  assignment.Take(At(kFirst, 6));
  assignment.Take(At(kFirst, 7));
  CHECK(Offsets(assignment) == std::vector<std::int64_t>{7});
}

TEST_CASE("a topic that starts over is taken from its start, against the offset that is stored") {
  Assignment assignment;
  assignment.Hold(kFirst);
  assignment.Place(kFirst, 5000);
  assignment.PlaceAtStart(kFirst);
  assignment.Take(At(kFirst, 0));
  const auto advances = assignment.AdvancesOf(assignment.records());
  REQUIRE(advances.size() == 1);
  CHECK(advances[0].expected == 5000);
  CHECK(advances[0].next == 1);
}

}  // namespace accoil::events
