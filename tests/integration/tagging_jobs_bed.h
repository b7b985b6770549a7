#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libs/core/errors.h"
#include "libs/events/consumer.h"
#include "libs/events/event.h"
#include "services/tagging-automation/jobs/tag_job_worker.h"
#include "services/tagging-automation/jobs/tag_jobs.h"
#include "services/tagging-automation/rules/rules_store.h"
#include "services/tagging-automation/wishes/directory.h"
#include "tests/integration/postgres_fixture.h"

namespace accoil::test {

/// Shows whom the test says, in the order of their ids.
class ListedSelector final : public tagging::Selector {
 public:
  void Check(postgres::Transaction& /*tx*/, const tagging::Selection& selection) override {
    if (selection.profile.value() == "gone") throw core::NotFound("there is no such profile");
    if (selection.condition == "Scor < 1") {
      throw core::InvalidArgument("filter.condition", "Scor is no trait of the profile");
    }
  }
  tagging::SelectedSlice Select(postgres::Transaction& tx, const tagging::Selection& selection,
                                const std::optional<core::SubjectId>& after, int most) override {
    Check(tx, selection);
    if (failing) throw std::logic_error("a defect");
    auto next = after ? listed.upper_bound(*after) : listed.begin();
    tagging::SelectedSlice slice;
    for (int looked = 0; next != listed.end() && looked < most; ++looked, ++next) {
      if (next->second) slice.subjects.push_back(next->first);
      slice.after = next->first;
    }
    if (next == listed.end()) slice.after.reset();
    return slice;
  }

  /// Whether each is in the selection.
  std::map<core::SubjectId, bool> listed;
  std::atomic<bool> failing{false};
};

/// Tagging by hand without gRPC and Intercom.
class TagJobsBed {
 public:
  static constexpr std::int64_t kProduct = 7;

  TagJobsBed() : database(postgres.Open({events::Migrations(), tagging::Migrations()})) {}

  /// The product tells of users.
  void Users(const std::vector<std::string>& ids, std::int64_t product = kProduct,
             bool removed = false) {
    events::Batch batch;
    for (const auto& id : ids) {
      events::v1::SubjectIdentified event;
      event.mutable_subject()->set_product_id(product);
      event.mutable_subject()->set_kind(events::v1::USER);
      event.mutable_subject()->set_subject_id(id);
      event.set_version(++version_);
      event.set_removed(removed);
      batch.Add<events::v1::SubjectIdentified>(
          {.event = event, .key = events::KeyOf(event), .traceparent = {}, .published_at = {}});
    }
    batch.Seal();
    database->Transact([&](postgres::Transaction& tx) { directory.Apply(tx, batch); });
  }
  /// Users 00000, 00001, …
  std::vector<core::SubjectId> ManyUsers(int count) {
    std::vector<std::string> names;
    std::vector<core::SubjectId> ids;
    for (int i = 0; i < count; ++i) {
      auto digits = std::to_string(100'000 + i).substr(1);
      ids.emplace_back(digits);
      names.push_back(std::move(digits));
    }
    Users(names);
    return ids;
  }

  static tagging::TagOrder Order(const std::string& key, std::vector<core::SubjectId> subjects) {
    tagging::TagOrder order;
    order.product = core::ProductId(kProduct);
    order.tag = "vip";
    order.subjects = std::move(subjects);
    order.idempotency_key = key;
    order.requested_by = "Ann";
    return order;
  }
  static tagging::TagOrder Filtered(const std::string& key, const std::string& profile = "trial",
                                    const std::string& condition = "Score < 40") {
    auto order = Order(key, {});
    order.filter =
        tagging::Selection{order.product, order.kind, core::ProfileId(profile), "", condition};
    return order;
  }
  tagging::TagJobs::Status Get(const tagging::JobId& id) {
    return jobs.Get(core::ProductId(kProduct), id);
  }
  tagging::TagJobWorker Worker() {
    return tagging::TagJobWorker({*database, store, selector, wishes, metrics,
                                  postgres.telemetry().logger(), [] { return 0.5; },
                                  std::chrono::hours(24)});
  }
  /// Whatever is to be looked at later is to be looked at now.
  void TimePasses() {
    postgres.Run("UPDATE tag_job SET due_at = clock_timestamp() WHERE due_at IS NOT NULL");
  }
  /// Every assignment that is open ends.
  void DeliverAll() {
    postgres.Run("UPDATE assignment SET state = 3, ended_at = now() WHERE ended_at IS NULL");
  }
  std::int64_t Assignments() { return postgres.Number("SELECT count(*) FROM assignment"); }
  std::int64_t Jobs() { return postgres.Number("SELECT count(*) FROM tag_job"); }

  PostgresFixture postgres;
  std::unique_ptr<postgres::Database> database;
  tagging::Wishes wishes{std::chrono::milliseconds(0)};
  tagging::Directory directory{wishes};
  ListedSelector selector;
  tagging::TagJobStore store;
  tagging::JobMetrics metrics{postgres.telemetry()};
  std::atomic<int> begun{0};
  tagging::TagJobs jobs{*database, store, selector, wishes, metrics, [this] { ++begun; }};

 private:
  std::int64_t version_ = 0;
};

}  // namespace accoil::test
