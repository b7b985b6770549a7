#include "libs/events/fact_columns.h"

#include <google/protobuf/struct.pb.h>

#include "libs/events/event.h"
#include "libs/events/stored_value.h"

namespace accoil::events {

using v1::TraitChanged;

TraitColumns ToColumns(std::span<const Received<TraitChanged>> changes) {
  TraitColumns columns;
  for (const auto& [event, key, traceparent, published_at] : changes) {
    columns.product_id.push_back(event.subject().product_id());
    columns.kind.push_back(event.subject().kind());
    columns.subject_id.push_back(event.subject().subject_id());
    columns.profile_id.push_back(event.profile_id());
    columns.trait.push_back(event.trait());
    columns.version.push_back(event.version());
    columns.occurred_at.push_back(ToTime(event.occurred_at()));
    if (event.value().kind_case() == google::protobuf::Value::kNullValue) {
      columns.value.emplace_back(std::nullopt);
    } else {
      columns.value.emplace_back(StoredText(event.value()));
    }
  }
  return columns;
}

}  // namespace accoil::events
