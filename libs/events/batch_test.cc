#include "libs/events/batch.h"

#include "tests/catch.h"

namespace accoil::events {
namespace {

Received<v1::TraitChanged> Trait(const std::string& key, std::int64_t version,
                                 const std::string& trait = "") {
  Received<v1::TraitChanged> received;
  received.key = key;
  received.event.set_version(version);
  received.event.set_trait(trait);
  return received;
}

}  // namespace

TEST_CASE("a batch holds each key once, its newest version, in key order") {
  Batch batch;
  CHECK(batch.empty());
  batch.Add(Trait("b", 2));
  batch.Add(Trait("a", 5));
  batch.Add(Trait("b", 3));
  batch.Add(Trait("a", 4));
  batch.Seal();
  const auto traits = batch.Of<v1::TraitChanged>();
  REQUIRE(traits.size() == 2);
  CHECK(traits[0].key == "a");
  CHECK(traits[0].event.version() == 5);
  CHECK(traits[1].key == "b");
  CHECK(traits[1].event.version() == 3);
  CHECK(batch.Of<v1::SegmentEntered>().empty());
  CHECK_FALSE(batch.empty());
}

TEST_CASE("of two events with one version the first counts") {
  Batch batch;
  batch.Add(Trait("a", 1, "First"));
  batch.Add(Trait("a", 1, "Second"));
  batch.Seal();
  REQUIRE(batch.Of<v1::TraitChanged>().size() == 1);
  CHECK(batch.Of<v1::TraitChanged>()[0].event.trait() == "First");
}

}  // namespace accoil::events
