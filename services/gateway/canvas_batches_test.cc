#include "services/gateway/canvas_batches.h"

#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <vector>

#include "libs/core/errors.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// Renders the contact's id, each call only once it is let go on.
class GatedWidget final : public WidgetApi {
 public:
  widget::v1::RenderedBatch Render(const widget::v1::RenderBatch& batch,
                                   std::chrono::milliseconds timeout) override {
    std::unique_lock lock(mutex_);
    sizes_.push_back(batch.requests_size());
    changed_.notify_all();
    if (!changed_.wait_for(lock, timeout, [&] { return open_; })) {
      throw core::DeadlineExceeded("widget did not answer in time");
    }
    if (away_) throw core::Unavailable("widget does not answer");
    widget::v1::RenderedBatch answer;
    for (const auto& request : batch.requests()) {
      auto& rendered = *answer.add_rendered();
      if (request.workspace_id().empty()) {
        rendered.set_problem("workspace_id: is missing");
      } else {
        rendered.set_body(request.contact().contact_id());
      }
    }
    return answer;
  }

  widget::v1::ListSubjectsResponse ListSubjects(const widget::v1::ListSubjectsRequest&) override {
    throw core::Unavailable("no lists here");
  }

  void Open(bool away = false) {
    const std::lock_guard lock(mutex_);
    open_ = true;
    away_ = away;
    changed_.notify_all();
  }
  void AwaitCalls(std::size_t calls) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, 20s, [&] { return sizes_.size() >= calls; }));
  }
  std::vector<int> sizes() {
    const std::lock_guard lock(mutex_);
    return sizes_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  bool away_ = false;
  std::vector<int> sizes_;
};

widget::v1::RenderRequest Of(const std::string& contact) {
  widget::v1::RenderRequest request;
  request.set_workspace_id("ws1");
  request.mutable_contact()->set_contact_id(contact);
  return request;
}

std::future<std::string> Ask(CanvasBatches& batches, widget::v1::RenderRequest request,
                             std::chrono::milliseconds patience = 20s) {
  const auto answer = std::make_shared<std::promise<std::string>>();
  batches.Render(std::move(request), steady_clock::now() + patience,
                 [answer](CanvasBatches::Outcome outcome) {
                   if (outcome.failure) {
                     answer->set_exception(outcome.failure);
                   } else {
                     answer->set_value(std::move(outcome.body));
                   }
                 });
  return answer->get_future();
}

std::vector<std::future<std::string>> Ask(CanvasBatches& batches, int count,
                                          std::chrono::milliseconds patience = 20s) {
  std::vector<std::future<std::string>> answers;
  for (int i = 0; i < count; ++i) {
    answers.push_back(Ask(batches, Of("c" + std::to_string(i)), patience));
  }
  return answers;
}

TEST_CASE("a canvas that is asked for alone goes at once") {
  GatedWidget widget;
  widget.Open();
  CanvasBatches batches(widget, {});
  CHECK(Ask(batches, Of("c1")).get() == "c1");
  CHECK(widget.sizes() == std::vector{1});
}

TEST_CASE("those that come while calls are under way go together, each with its own answer") {
  GatedWidget widget;
  CanvasBatches batches(widget, {.calls = 1, .most = 64});
  auto first = Ask(batches, 1);
  widget.AwaitCalls(1);
  auto others = Ask(batches, 20);
  widget.Open();
  CHECK(first[0].get() == "c0");
  for (int i = 0; i < 20; ++i) CHECK(others[i].get() == "c" + std::to_string(i));
  CHECK(widget.sizes() == std::vector{1, 20});
}

TEST_CASE("a call has no more requests than the widget takes") {
  GatedWidget widget;
  CanvasBatches batches(widget, {.calls = 1, .most = 8});
  auto first = Ask(batches, 1);
  widget.AwaitCalls(1);
  auto others = Ask(batches, 20);
  widget.Open();
  for (auto& answer : others) answer.get();
  CHECK(widget.sizes() == std::vector{1, 8, 8, 4});
}

TEST_CASE(
    "whoever waits for a widget that hangs is told at the deadline, and is not sent any more") {
  GatedWidget widget;
  CanvasBatches batches(widget, {.calls = 1, .most = 64});
  auto first = Ask(batches, 1, 500ms);
  widget.AwaitCalls(1);
  auto others = Ask(batches, 3, 100ms);
  for (auto& answer : others) CHECK_THROWS_AS(answer.get(), core::DeadlineExceeded);
  CHECK(batches.waiting() == 0);
  CHECK_THROWS_AS(first[0].get(), core::DeadlineExceeded);
  widget.Open();
  CHECK(Ask(batches, Of("c9")).get() == "c9");
}

TEST_CASE("whoever waits when the gateway stops is told so") {
  GatedWidget widget;
  std::vector<std::future<std::string>> answers;
  {
    CanvasBatches batches(widget, {.calls = 1, .most = 1});
    answers = Ask(batches, 2);
    widget.AwaitCalls(1);
    widget.Open();
  }
  for (auto& answer : answers) CHECK(answer.wait_for(0s) == std::future_status::ready);
}

TEST_CASE("what a call fails with is told to all who went with it") {
  GatedWidget widget;
  CanvasBatches batches(widget, {.calls = 1, .most = 64});
  auto first = Ask(batches, 1);
  widget.AwaitCalls(1);
  auto others = Ask(batches, 5);
  widget.Open(/*away=*/true);
  CHECK_THROWS_AS(first[0].get(), core::Unavailable);
  for (auto& answer : others) CHECK_THROWS_AS(answer.get(), core::Unavailable);
}

TEST_CASE("a request that the widget cannot read fails alone") {
  GatedWidget widget;
  widget.Open();
  CanvasBatches batches(widget, {});
  CHECK_THROWS_WITH(Ask(batches, widget::v1::RenderRequest()).get(),
                    "widget cannot read the request: workspace_id: is missing");
}

}  // namespace
}  // namespace accoil::gateway
