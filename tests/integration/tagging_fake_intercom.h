#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "services/tagging-automation/subjects/workspace.h"

namespace accoil::test {

/// A workspace in memory that tags as Intercom does: all or none, an unknown id fails the call, a
/// call has at most 100, names compare without case. Counts the calls and keeps the budget's books.
/// Any thread.
class FakeTagging final : public tagging::Intercom {
 public:
  using Kind = tagging::SubjectKind;
  struct Call {
    Kind kind;
    std::string tag;
    std::vector<std::string> ids;
    bool untag;
  };

  // What a test arranges.

  /// Contacts and companies that are there.
  std::map<Kind, std::set<std::string>> targets;
  /// What an unknown id is answered with.
  int unknown_status = 404;
  /// Names that Intercom does not take.
  std::set<std::string> refused_tags;
  /// Asked before a call is done; what it answers is answered instead.
  std::function<std::optional<intercom::Failure>(const Call&)> before_call;
  /// Called once a call is done, before it is answered; what it answers is answered instead.
  std::function<std::optional<intercom::Failure>(const Call&)> after_call;
  int allowance = 1'000'000;
  /// Products that are connected, to which workspace.
  std::map<std::int64_t, std::string> connected{{7, "ws1"}};

  // What a test looks at; use it when nothing is under way.

  std::vector<Call> calls;
  int probes = 0;
  int unauthorized_reports = 0;
  int granted = 0;
  int ended = 0;
  int unused = 0;
  std::map<intercom::Priority, int> leased;

  /// Who has the tag, in the order of their ids.
  std::vector<std::string> With(const std::string& tag, Kind kind = Kind::kUser) {
    const std::lock_guard lock(mutex_);
    const auto& ids = tagged_[{kind, core::ToLower(tag)}];
    return {ids.begin(), ids.end()};
  }
  void Give(const std::string& tag, const std::string& id, Kind kind = Kind::kUser) {
    tagged_[{kind, core::ToLower(tag)}].insert(id);
  }

  static intercom::Failure MakeFailure(intercom::Failure::Kind kind, int status,
                                       const std::string& message = "no") {
    intercom::Failure failure;
    failure.kind = kind;
    failure.status = status;
    failure.message = message;
    return failure;
  }

  // tagging::Intercom

  std::unique_ptr<tagging::Workspace> Open(core::ProductId product) override {
    const auto found = connected.find(product.value());
    if (found == connected.end()) throw core::FailedPrecondition("not connected");
    return std::make_unique<FakeWorkspace>(*this, core::WorkspaceId(found->second));
  }
  void Forget(core::ProductId) override {}
  intercom::Grant Lease(const core::WorkspaceId&, intercom::Priority priority,
                        int wanted) override {
    const std::lock_guard lock(mutex_);
    const int leasable = std::min(wanted, allowance);
    allowance -= leasable;
    granted += leasable;
    leased[priority] += leasable;
    return {leasable, 1, std::chrono::steady_clock::now() + std::chrono::seconds(10),
            std::chrono::milliseconds(50)};
  }
  void Ended(const core::WorkspaceId&, std::int64_t, const std::optional<intercom::RateLimit>&,
             bool) override {
    const std::lock_guard lock(mutex_);
    ++ended;
  }
  void Unused(const core::WorkspaceId&, std::int64_t, int count) override {
    const std::lock_guard lock(mutex_);
    unused += count;
    allowance += count;
  }

 private:
  using Outcome = intercom::Outcome<intercom::Tag>;

  class FakeWorkspace final : public tagging::Workspace {
   public:
    FakeWorkspace(FakeTagging& intercom, core::WorkspaceId id)
        : intercom_(intercom), id_(std::move(id)) {}
    const core::WorkspaceId& id() const override { return id_; }
    Outcome Tag(Kind kind, const std::string& tag, const std::vector<std::string>& ids,
                bool untag) override {
      return intercom_.Do({kind, tag, ids, untag});
    }
    Outcome FindOrCreateTag(const std::string& tag) override {
      const std::lock_guard lock(intercom_.mutex_);
      ++intercom_.probes;
      if (intercom_.refused_tags.contains(tag)) return intercom_.Refuse(400, "invalid tag");
      return {intercom::Tag{"1", tag}, std::nullopt};
    }
    void ReportUnauthorized() override { ++intercom_.unauthorized_reports; }

   private:
    FakeTagging& intercom_;
    core::WorkspaceId id_;
  };

  static Outcome Refuse(int status, const std::string& message) {
    return {MakeFailure(status == 404 ? intercom::Failure::Kind::kNotFound
                                      : intercom::Failure::Kind::kRefused,
                        status, message),
            std::nullopt};
  }

  Outcome Do(const Call& call) {
    if (before_call) {
      if (const auto failure = before_call(call)) return {*failure, std::nullopt};
    }
    {
      const std::lock_guard lock(mutex_);
      calls.push_back(call);
      if (refused_tags.contains(call.tag)) return Refuse(400, "invalid tag");
      if (call.ids.empty() || call.ids.size() > 100) return Refuse(400, "bad number of ids");
      for (const auto& id : call.ids) {
        if (!targets[call.kind].contains(id)) return Refuse(unknown_status, "User Not Found");
      }
      auto& ids = tagged_[{call.kind, core::ToLower(call.tag)}];
      for (const auto& id : call.ids) {
        if (call.untag) {
          ids.erase(id);
        } else {
          ids.insert(id);
        }
      }
    }
    if (after_call) {
      if (const auto failure = after_call(call)) return {*failure, std::nullopt};
    }
    return {intercom::Tag{"1", call.tag}, std::nullopt};
  }

  std::mutex mutex_;
  std::map<std::pair<Kind, std::string>, std::set<std::string>> tagged_;
};

}  // namespace accoil::test
