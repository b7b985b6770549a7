#include "services/widget/consumer.h"

#include "libs/events/event.h"
#include "services/widget/fact_notice.h"

namespace accoil::widget {

std::vector<std::string_view> ModelHandler::Topics() {
  using namespace events::v1;  // NOLINT(google-build-using-namespace): the names of this list
  return {events::TopicOf<ConnectionChanged>(), events::TopicOf<ProfileChanged>(),
          events::TopicOf<SubjectIdentified>(), events::TopicOf<UserMatched>(),
          events::TopicOf<TraitChanged>(),      events::TopicOf<SegmentEntered>(),
          events::TopicOf<SegmentExited>(),     events::TopicOf<TagApplied>()};
}

void ModelHandler::Apply(postgres::Transaction& tx, const events::Batch& batch) {
  model_.ApplyConnections(tx, batch);
  model_.ApplyProfiles(tx, batch);
  model_.ApplySubjects(tx, batch);
  model_.ApplyTraits(tx, batch);
  model_.ApplyMemberships(tx, batch);
  model_.ApplyMatches(tx, batch);
  model_.ApplyTags(tx, batch);
  NoticeOf(batch).Send(tx);
}

}  // namespace accoil::widget
