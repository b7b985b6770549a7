#include <algorithm>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

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
#include "tests/catch.h"
#include "tests/property/corpus.h"
#include "tests/property/mutator.h"

namespace accoil::gateway {
namespace {

constexpr int kInputsOfEach = 5'000;
const core::TimePoint kNow = core::FromMicroseconds(1'772'366'400'000'000);

/// Reads a text: answers whether it is accepted, throws core::InvalidArgument when it is refused,
/// and std::logic_error when something accepted is not as it must be.
using Parser = std::function<bool(std::string_view text)>;

void Demand(bool holds, const std::string& what) {
  if (!holds) throw std::logic_error("what was accepted " + what);
}

bool Accepts(const Parser& parser, std::string_view text) {
  try {
    return parser(text);
  } catch (const core::InvalidArgument& refusal) {
    Demand(!refusal.problem().empty(), "was refused without a word");
    return false;
  }
}

void HoldsFor(std::string_view folder, std::uint64_t seed, const Parser& parser) {
  const auto samples = test::Corpus(folder);
  for (const auto& sample : samples) {
    INFO(sample.name);
    CHECK(Accepts(parser, sample.text) == sample.good());
  }
  std::vector<test::Sample> good;
  std::copy_if(samples.begin(), samples.end(), std::back_inserter(good),
               [](const auto& sample) { return sample.good(); });
  test::Mutator mutator(seed);
  int accepted = 0;
  for (int i = 0; i < kInputsOfEach; ++i) {
    const auto& from = i % 2 == 0 ? good : samples;
    const auto& sample = from[mutator.Below(from.size())];
    const auto input = mutator.Mutate(sample.text, samples[mutator.Below(samples.size())].text);
    try {
      accepted += Accepts(parser, input) ? 1 : 0;
    } catch (const std::exception& error) {
      FAIL(error.what() << "; input " << i << ", made from " << sample.name << ": "
                        << test::Printable(input));
    }
  }
  // Changes that nothing survives would test the first check of the parser alone.
  CHECK(accepted > kInputsOfEach / 100);
}

bool ReadsBatch(std::string_view text, BatchFormat format) {
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
          try {
            events::Validate(event);
          } catch (const core::InvalidArgument& error) {
            throw std::logic_error("an accepted item is no valid event: " +
                                   std::string(error.what()));
          }
          Demand(event.subject().product_id() == 7, "is of another product");
        },
        item.event);
  }
  return batch.refused.empty();
}

TEST_CASE("whatever a batch holds, its items become valid events or are refused") {
  HoldsFor("batch", 1, [](std::string_view text) {
    // A line with an item begins with a brace and is not an object of items.
    const auto first = text.find_first_not_of(" \t\r\n");
    const bool lines = first != std::string_view::npos && text.substr(first).starts_with("{") &&
                       !text.substr(first).starts_with("{\"items\"");
    return ReadsBatch(text, lines ? BatchFormat::kNdjson : BatchFormat::kJson);
  });
}

TEST_CASE("whatever a batch holds, reading it as the other format breaks nothing") {
  const auto samples = test::Corpus("batch");
  test::Mutator mutator(2);
  for (int i = 0; i < kInputsOfEach / 2; ++i) {
    const auto& sample = samples[mutator.Below(samples.size())];
    const auto input = mutator.Mutate(sample.text, samples[mutator.Below(samples.size())].text);
    for (const auto format : {BatchFormat::kJson, BatchFormat::kNdjson}) {
      CHECK_NOTHROW(
          Accepts([&](std::string_view text) { return ReadsBatch(text, format); }, input));
    }
  }
}

TEST_CASE("whatever is signed as a webhook, it becomes a valid event, is passed over, or refused") {
  HoldsFor("webhook", 3, [](std::string_view text) {
    const auto webhook = ReadWebhook(text, kNow);
    if (webhook.fate != Webhook::Fate::kEvent) return true;
    try {
      events::Validate(webhook.event);
    } catch (const core::InvalidArgument& error) {
      throw std::logic_error("an accepted webhook is no valid event: " + std::string(error.what()));
    }
    Demand(webhook.workspace_id == webhook.event.workspace_id(), "has two workspaces");
    const auto names = webhook.event.contacts_size() + webhook.event.company_ids_size();
    Demand(names > 0 || webhook.event.kind() == events::v1::APP_UNINSTALLED, "names nothing");
    return true;
  });
}

TEST_CASE("whatever is signed as a canvas request, it is refused or keeps the widget's limits") {
  HoldsFor("canvas", 6, [](std::string_view text) {
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
    Demand(request.SerializeAsString().size() > 0, "cannot be sent on");
    return true;
  });
}

TEST_CASE("whatever a form holds, what is read from it is one line each and a product") {
  HoldsFor("form", 4, [](std::string_view text) {
    const auto form = ReadInstallationForm(text);
    for (const auto& field : {form.installation, form.api_key}) {
      Demand(!field.empty() && field.size() <= 512 && core::IsPlainText(field), "is no line");
    }
    Demand(form.product.value() > 0, "is no product");
    return true;
  });
}

TEST_CASE("whatever a profile holds, it is refused or says the same when it is written again") {
  HoldsFor("profile", 5, [](std::string_view text) {
    const core::ProfileId id("trial");
    const auto profile = ProfileFromJson(core::ParseJson(text, {.size = text.size()}), id);
    Demand(profile.profile_id() == id.value(), "is another profile");
    const auto written = ToJson(profile).dump();
    Demand(ToJson(ProfileFromJson(core::ParseJson(written), id)).dump() == written,
           "says something else when it is written again");
    return true;
  });
}

TEST_CASE("whatever a rule holds, it is refused or says the same when it is written again") {
  HoldsFor("rule", 7, [](std::string_view text) {
    // What only answers have, and only requests.
    const auto written = [](const tagging::v1::Rule& rule) {
      auto definition = ToJson(rule);
      for (const auto* name :
           {"rule_id", "created_at", "updated_at", "fired", "inside", "broken", "settling"}) {
        Demand(definition.erase(name) == 1, "is written without " + std::string(name));
      }
      return definition.dump();
    };
    const auto rule = RuleFromJson(core::ParseJson(text, {.size = text.size()})).rule;
    Demand(rule.kind() != events::v1::SUBJECT_KIND_UNSPECIFIED, "is about nobody");
    Demand(rule.trigger().when_case() != tagging::v1::Trigger::WHEN_NOT_SET, "has no trigger");
    Demand(rule.state() != tagging::v1::RULE_STATE_UNSPECIFIED, "has no state");
    const auto once = written(rule);
    Demand(written(RuleFromJson(core::ParseJson(once, {.size = once.size()})).rule) == once,
           "says something else when it is written again");
    return true;
  });
}

TEST_CASE("whatever a request to tag holds, it is refused or names who is meant, in one way") {
  HoldsFor("tag-job", 8, [](std::string_view text) {
    const auto job = TagJobFromJson(core::ParseJson(text, {.size = text.size()}));
    Demand(job.kind() != events::v1::SUBJECT_KIND_UNSPECIFIED, "is about nobody");
    Demand(job.target() != tagging::v1::TAG_TARGET_UNSPECIFIED, "has no target");
    Demand(job.has_filter() == job.subject_ids().empty(), "chooses in two ways, or in none");
    Demand(job.subject_ids_size() <= 10'000, "is about too many");
    for (const auto& id : job.subject_ids()) {
      Demand(!id.empty() && id.size() <= 255 && core::IsPlainText(id), "has an id that cannot be");
    }
    Demand(
        !job.has_filter() || !job.filter().segment().empty() || !job.filter().condition().empty(),
        "tags everybody");
    // Only UTF-8 can be sent on.
    Demand(!job.SerializeAsString().empty(), "cannot be sent on");
    return true;
  });
}

}  // namespace
}  // namespace accoil::gateway
