#include "services/tagging-automation/jobs/tag_job_message.h"

#include "libs/core/errors.h"
#include "libs/events/event.h"
#include "services/tagging-automation/subjects/requests.h"

namespace accoil::tagging {

TagOrder OrderOf(const v1::CreateTagJobRequest& request) {
  if (request.target() != v1::TAG_USER && request.target() != v1::TAG_COMPANY) {
    throw core::InvalidArgument("target", "must be TAG_USER or TAG_COMPANY");
  }
  if (request.kind() != events::v1::USER && request.kind() != events::v1::ACCOUNT) {
    throw core::InvalidArgument("kind", "must be USER or ACCOUNT");
  }
  TagOrder order;
  order.product = ProductOf(request.product_id());
  order.tag = request.tag();
  order.target = static_cast<TagTarget>(request.target());
  order.remove = request.remove();
  order.kind = static_cast<SubjectKind>(request.kind());
  order.subjects.reserve(static_cast<std::size_t>(request.subject_ids_size()));
  for (const auto& id : request.subject_ids()) order.subjects.emplace_back(id);
  if (request.has_filter()) {
    const auto& filter = request.filter();
    order.filter = Selection{order.product, order.kind, core::ProfileId(filter.profile_id()),
                             filter.segment(), filter.condition()};
  }
  order.idempotency_key = request.idempotency_key();
  order.api_key_id = request.api_key_id();
  order.requested_by = request.requested_by();
  return order;
}

v1::TagJob ToMessage(const TagJobs::Status& status) {
  const auto& [job, counts] = status;
  v1::TagJob message;
  message.set_product_id(job.product.value());
  message.set_job_id(job.id.value());
  message.set_tag(job.tag);
  message.set_target(static_cast<v1::TagTarget>(job.target));
  message.set_remove(job.remove);
  message.set_requested_by(job.requested_by);
  events::SetTime(job.created_at, *message.mutable_created_at());
  if (job.finished_at) events::SetTime(*job.finished_at, *message.mutable_finished_at());
  message.set_state(job.state);
  message.set_subjects(job.subjects);
  message.set_done(counts.done);
  message.set_due(counts.due);
  message.set_waiting(counts.waiting);
  message.set_failed(counts.failed);
  message.set_cancelled(counts.cancelled);
  message.set_error(job.error);
  return message;
}

v1::ListTagJobItemsResponse ToMessage(const JobItemPage& page) {
  v1::ListTagJobItemsResponse message;
  for (const auto& item : page.items) {
    auto& out = *message.add_items();
    out.set_subject_id(item.subject.value());
    out.set_state(item.state);
    out.set_reason(item.reason);
    for (const auto& id : item.target_ids) out.add_target_ids(id);
  }
  message.set_next_cursor(page.next_cursor);
  return message;
}

}  // namespace accoil::tagging
