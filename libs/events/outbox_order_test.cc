#include "libs/events/outbox_order.h"

#include "tests/catch.h"

namespace accoil::events {
namespace {

OutgoingRecord Of(const std::string& topic, const std::string& key) { return {topic, key, {}, {}}; }

}  // namespace

TEST_CASE("what was acknowledged is done with") {
  const std::vector records{Of("t", "a"), Of("t", "b")};
  CHECK(DoneWith(records, {}) == std::vector<std::size_t>{0, 1});
}

TEST_CASE("behind a record that failed, those of its key are published again") {
  const std::vector records{Of("t", "a"), Of("t", "b"), Of("t", "a"), Of("t", "a"), Of("u", "a")};
  const std::vector<Producer::Failure> failures{{2, "refused"}};
  // The first of the key is done, the one behind the failure is not; other keys and topics are.
  CHECK(DoneWith(records, failures) == std::vector<std::size_t>{0, 1, 4});
}

}  // namespace accoil::events
