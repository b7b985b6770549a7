#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "libs/core/errors.h"
#include "libs/core/json.h"
#include "libs/core/text.h"
#include "libs/events/event.h"
#include "services/gateway/batch_frame.h"
#include "services/gateway/batch_parser.h"
#include "services/gateway/canvas_request.h"
#include "services/gateway/connections_json.h"
#include "services/gateway/installation_form.h"
#include "services/gateway/rule_json.h"
#include "services/gateway/tag_job_json.h"
#include "services/gateway/webhook.h"
#include "tests/property/targets.h"

namespace accoil::test {
namespace {

using namespace accoil::gateway;

const core::TimePoint kNow = core::FromMicroseconds(1'772'366'400'000'000);

template <typename Event>
void DemandValid(const Event& event, const std::string& what) {
  try {
    events::Validate(event);
  } catch (const core::InvalidArgument& error) {
    throw std::logic_error("an accepted " + what + " is no valid event: " + error.what());
  }
}

bool ReadBatchAs(std::string_view text, BatchFormat format) {
  constexpr std::size_t kMostItems = 1'000;
  const auto raw = SplitBatch(text, format, kMostItems);
  Demand(!raw.empty() && raw.size() <= kMostItems, "has a number of items out of limits");
  const auto batch = ParseItems(raw, core::ProductId(7), kNow, 1);
  Demand(batch.items.size() + batch.refused.size() == raw.size(), "lost an item");
  for (const auto& [index, problem] : batch.refused) {
    Demand(index < raw.size() && !problem.problem.empty(), "refused an item without a word");
  }
  for (const auto& [index, item] : batch.items) {
    std::visit(
        [](const auto& event) {
          DemandValid(event, "item");
          Demand(event.subject().product_id() == 7, "is of another product");
        },
        item.event);
  }
  return batch.refused.empty();
}

bool ReadBatch(std::string_view text) {
  // A line with an item begins with a brace and is not an object of items.
  const auto first = text.find_first_not_of(" \t\r\n");
  const bool lines = first != std::string_view::npos && text.substr(first).starts_with("{") &&
                     !text.substr(first).starts_with("{\"items\"");
  const auto likely = lines ? BatchFormat::kNdjson : BatchFormat::kJson;
  const auto other = lines ? BatchFormat::kJson : BatchFormat::kNdjson;
  try {
    ReadBatchAs(text, other);
  } catch (const core::InvalidArgument& refusal) {
    Demand(!refusal.problem().empty(), "was refused without a word");
  }
  return ReadBatchAs(text, likely);
}

bool ReadNotification(std::string_view text) {
  const auto webhook = ReadWebhook(text, kNow);
  if (webhook.fate != Webhook::Fate::kEvent) return true;
  DemandValid(webhook.event, "webhook");
  Demand(webhook.workspace_id == webhook.event.workspace_id(), "has two workspaces");
  const auto names = webhook.event.contacts_size() + webhook.event.company_ids_size();
  Demand(names > 0 || webhook.event.kind() == events::v1::APP_UNINSTALLED, "names nothing");
  return true;
}

bool ReadCanvas(std::string_view text) {
  constexpr std::size_t kLongestId = 255;
  const auto request = ReadCanvasRequest(text, CanvasKind::kSubmit);
  Demand(!request.workspace_id().empty() && !request.component_id().empty(), "lacks an id");
  for (const auto& id : {request.workspace_id(), request.component_id(), request.admin_id(),
                         request.company_id(), request.contact().contact_id()}) {
    Demand(id.size() <= kLongestId, "has a long id");
  }
  Demand(request.input_values_size() <= 50, "has too many inputs");
  Demand(request.contact().company_ids_size() <= 100, "has too many companies");
  Demand(request.stored_data().size() <= 64 << 10, "has too much stored data");
  // Only UTF-8 can be sent on.
  Demand(!request.SerializeAsString().empty(), "cannot be sent on");
  return true;
}

bool ReadForm(std::string_view text) {
  const auto form = ReadInstallationForm(text);
  for (const auto& field : {form.installation, form.api_key}) {
    Demand(!field.empty() && field.size() <= 512 && core::IsPlainText(field), "is no line");
  }
  Demand(form.product.value() > 0, "is no product");
  return true;
}

bool ReadProfile(std::string_view text) {
  const core::ProfileId id("trial");
  const auto profile = ProfileFromJson(core::ParseJson(text, {.size = text.size()}), id);
  Demand(profile.profile_id() == id.value(), "is another profile");
  const auto written = ToJson(profile).dump();
  Demand(ToJson(ProfileFromJson(core::ParseJson(written), id)).dump() == written,
         "says something else when it is written again");
  return true;
}

/// A rule's definition, without what only answers have.
std::string DefinitionOf(const tagging::v1::Rule& rule) {
  auto definition = ToJson(rule);
  for (const auto* name :
       {"rule_id", "created_at", "updated_at", "fired", "inside", "broken", "settling"}) {
    Demand(definition.erase(name) == 1, "is written without " + std::string(name));
  }
  return definition.dump();
}

bool ReadRule(std::string_view text) {
  const auto rule = RuleFromJson(core::ParseJson(text, {.size = text.size()})).rule;
  Demand(rule.kind() != events::v1::SUBJECT_KIND_UNSPECIFIED, "is about nobody");
  Demand(rule.trigger().when_case() != tagging::v1::Trigger::WHEN_NOT_SET, "has no trigger");
  Demand(rule.state() != tagging::v1::RULE_STATE_UNSPECIFIED, "has no state");
  const auto once = DefinitionOf(rule);
  const auto again = RuleFromJson(core::ParseJson(once, {.size = once.size()})).rule;
  Demand(DefinitionOf(again) == once, "says something else when it is written again");
  return true;
}

bool ReadTagJob(std::string_view text) {
  const auto job = TagJobFromJson(core::ParseJson(text, {.size = text.size()}));
  Demand(job.kind() != events::v1::SUBJECT_KIND_UNSPECIFIED, "is about nobody");
  Demand(job.target() != tagging::v1::TAG_TARGET_UNSPECIFIED, "has no target");
  Demand(job.has_filter() == job.subject_ids().empty(), "chooses in two ways, or in none");
  Demand(job.subject_ids_size() <= 10'000, "is about too many");
  for (const auto& id : job.subject_ids()) {
    Demand(!id.empty() && id.size() <= 255 && core::IsPlainText(id), "has an id that cannot be");
  }
  Demand(!job.has_filter() || !job.filter().segment().empty() || !job.filter().condition().empty(),
         "tags everybody");
  // Only UTF-8 can be sent on.
  Demand(!job.SerializeAsString().empty(), "cannot be sent on");
  return true;
}

constexpr std::array kTargets{
    Target{"batch", ReadBatch},     Target{"webhook", ReadNotification},
    Target{"canvas", ReadCanvas},   Target{"form", ReadForm},
    Target{"profile", ReadProfile}, Target{"rule", ReadRule},
    Target{"tag-job", ReadTagJob},
};

}  // namespace

std::span<const Target> GatewayTargets() { return kTargets; }

}  // namespace accoil::test
