#include "services/tagging-automation/consumer.h"

#include "libs/events/event.h"

namespace accoil::tagging {

std::vector<std::string_view> FactHandler::Topics() {
  using namespace events::v1;  // NOLINT(google-build-using-namespace): the names of this list
  return {events::TopicOf<ConnectionChanged>(), events::TopicOf<ProfileChanged>(),
          events::TopicOf<SubjectIdentified>(), events::TopicOf<UserMatched>(),
          events::TopicOf<TraitChanged>(),      events::TopicOf<SegmentEntered>(),
          events::TopicOf<SegmentExited>()};
}

void FactHandler::Apply(postgres::Transaction& tx, const events::Batch& batch) {
  auto begun = rules_.Begin(tx, batch);
  const auto changes = directory_.Apply(tx, batch);
  rules_.Apply(tx, std::move(begun), changes);
}

}  // namespace accoil::tagging
