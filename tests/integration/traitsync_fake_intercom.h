#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/trait-sync/workspace.h"

namespace accoil::test {

using traitsync::SubjectKind;

/// A workspace in memory that refuses what Intercom refuses: attributes without a definition, with
/// an archived one, or of another type; names that are taken; contacts that are not there. Counts
/// the calls and keeps the budget's books. Any thread.
class FakeIntercom final : public traitsync::Intercom {
 public:
  struct Write {
    SubjectKind kind;
    std::string target_id;
    intercom::AttributeValues values;
  };
  using Attributes = std::map<std::string, intercom::AttributeValue>;

  // What a test arranges.

  /// Contacts and companies by kind and id.
  std::map<std::pair<SubjectKind, std::string>, Attributes> targets;
  std::map<std::pair<intercom::Model, std::string>, intercom::DataAttribute> definitions;
  /// Whether a refusal says which attribute is at fault.
  bool errors_name_attributes = true;
  /// Asked before a write is done; what it answers is answered instead.
  std::function<std::optional<intercom::Failure>(const Write&)> before_write;
  /// Called once a write is done, before it is answered; what it answers is answered instead.
  std::function<std::optional<intercom::Failure>(const Write&)> after_write;
  std::function<std::optional<intercom::Failure>()> before_definition;
  /// Called once a definition is made, before it is answered; what it answers is answered instead.
  std::function<std::optional<intercom::Failure>()> after_create;
  /// Called with its name when a definition is to be archived or brought back, before and after
  /// that is done; what they answer is answered instead.
  std::function<std::optional<intercom::Failure>(const std::string&)> before_archive;
  std::function<std::optional<intercom::Failure>(const std::string&)> after_archive;
  std::function<void(const std::string&)> before_restore;
  /// Names that something in the workspace depends on.
  std::set<std::string> in_use;
  /// Calls that the budget has left.
  int allowance = 1'000'000;
  /// When set, the budget has this many calls anew in every window of `window_length`.
  std::optional<int> window_limit;
  std::chrono::milliseconds window_length{1'000};
  bool connected = true;
  /// Whether the workspace can be reached while the product is being disconnected.
  bool cleanable = true;
  std::string workspace_id = "ws1";

  // What a test looks at; use it when nothing is under way.

  std::vector<Write> writes;
  int lists = 0;
  int creates = 0;
  int restores = 0;
  int archives = 0;
  int unauthorized_reports = 0;
  int granted = 0;
  int ended = 0;
  int unused = 0;
  /// Calls leased by priority.
  std::map<intercom::Priority, int> leased;
  /// Calls by the window whose permit they had.
  std::map<std::int64_t, int> calls_of_window;

  int calls() const {
    return static_cast<int>(writes.size()) + lists + creates + restores + archives;
  }
  /// The names of what is there and not archived.
  std::set<std::string> shown() const {
    std::set<std::string> names;
    for (const auto& [key, definition] : definitions) {
      if (!definition.archived) names.insert(definition.name);
    }
    return names;
  }
  const Attributes& contact(const std::string& id) { return targets.at({SubjectKind::kUser, id}); }
  const Attributes& company(const std::string& id) {
    return targets.at({SubjectKind::kAccount, id});
  }
  intercom::DataAttribute& definition(const std::string& name,
                                      intercom::Model model = intercom::Model::kContact) {
    return definitions.at({model, name});
  }
  void Define(const std::string& name, const std::string& data_type,
              intercom::Model model = intercom::Model::kContact) {
    definitions[{model, name}] = {next_id_++, model, name, data_type, "", false, true};
  }

  // traitsync::Intercom

  std::unique_ptr<traitsync::Workspace> Open(core::ProductId) override {
    if (!connected) throw core::FailedPrecondition("the product is not connected");
    return std::make_unique<FakeWorkspace>(*this);
  }
  std::unique_ptr<traitsync::Workspace> OpenToCleanUp(core::ProductId) override {
    if (!cleanable) throw core::FailedPrecondition("the product is not connected");
    return std::make_unique<FakeWorkspace>(*this);
  }
  void Forget(core::ProductId) override {}
  intercom::Grant Lease(const core::WorkspaceId&, intercom::Priority priority,
                        int wanted) override {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    std::int64_t window = 1;
    auto window_end = now + std::chrono::seconds(10);
    std::chrono::milliseconds retry_after(50);
    if (window_limit) {
      window = now.time_since_epoch() / window_length;
      window_end = std::chrono::steady_clock::time_point(window_length * (window + 1));
      retry_after = std::chrono::ceil<std::chrono::milliseconds>(window_end - now);
      if (window != window_) allowance = *window_limit;
      window_ = window;
    }
    const int calls = std::min(wanted, allowance);
    allowance -= calls;
    granted += calls;
    leased[priority] += calls;
    return {calls, window, window_end, retry_after};
  }
  void Ended(const core::WorkspaceId&, std::int64_t window,
             const std::optional<intercom::RateLimit>&, bool) override {
    const std::lock_guard lock(mutex_);
    ++ended;
    ++calls_of_window[window];
  }
  void Unused(const core::WorkspaceId&, std::int64_t window, int calls) override {
    const std::lock_guard lock(mutex_);
    unused += calls;
    if (!window_limit || window == window_) allowance += calls;
  }

  static intercom::Failure MakeFailure(intercom::Failure::Kind kind, int status,
                                       std::string message = "") {
    intercom::Failure failure;
    failure.kind = kind;
    failure.status = status;
    failure.code = status == 400 ? "parameter_invalid" : "";
    failure.message = std::move(message);
    return failure;
  }

 private:
  class FakeWorkspace final : public traitsync::Workspace {
   public:
    explicit FakeWorkspace(FakeIntercom& intercom)
        : intercom_(intercom), id_(intercom.workspace_id) {}

    const core::WorkspaceId& id() const override { return id_; }
    intercom::Outcome<intercom::Done> Write(SubjectKind kind, const std::string& target_id,
                                            const intercom::AttributeValues& values) override {
      return intercom_.DoWrite({kind, target_id, values});
    }
    intercom::Outcome<std::vector<intercom::DataAttribute>> ListAttributes(
        intercom::Model model) override {
      return intercom_.DoList(model);
    }
    intercom::Outcome<intercom::DataAttribute> CreateAttribute(
        intercom::Model model, const std::string& name, const std::string& data_type,
        const std::string& description) override {
      return intercom_.DoCreate(model, name, data_type, description);
    }
    intercom::Outcome<intercom::DataAttribute> RestoreAttribute(std::int64_t attribute) override {
      return intercom_.DoRestore(attribute);
    }
    intercom::Outcome<intercom::DataAttribute> ArchiveAttribute(std::int64_t attribute) override {
      return intercom_.DoArchive(attribute);
    }
    void ReportUnauthorized() override { ++intercom_.unauthorized_reports; }

   private:
    FakeIntercom& intercom_;
    core::WorkspaceId id_;
  };

  static std::string TypeOf(const intercom::AttributeValue& value) {
    constexpr std::array kTypes{"null", "string", "integer", "float", "boolean"};
    return kTypes[value.index()];
  }

  static bool Fits(const std::string& data_type, const intercom::AttributeValue& value) {
    const auto type = TypeOf(value);
    return type == "null" || type == data_type || (type == "integer" && data_type == "date") ||
           (type == "integer" && data_type == "float");
  }

  std::optional<std::string> Fault(const Write& write) {
    for (const auto& [name, value] : write.values) {
      const auto found = definitions.find({traitsync::ModelOf(write.kind), name});
      if (found == definitions.end() || found->second.archived ||
          !Fits(found->second.data_type, value)) {
        return name;
      }
    }
    return std::nullopt;
  }

  intercom::Outcome<intercom::Done> DoWrite(const Write& write) {
    if (before_write) {
      if (auto failure = before_write(write)) {
        const std::lock_guard lock(mutex_);
        writes.push_back(write);
        return {std::move(*failure), std::nullopt};
      }
    }
    {
      const std::lock_guard lock(mutex_);
      writes.push_back(write);
      const auto target = targets.find({write.kind, write.target_id});
      if (target == targets.end()) {
        return {MakeFailure(intercom::Failure::Kind::kNotFound, 404), std::nullopt};
      }
      if (const auto fault = Fault(write)) {
        return {
            MakeFailure(intercom::Failure::Kind::kRefused, 400,
                        errors_name_attributes ? "Custom attribute '" + *fault + "' is not valid"
                                               : "The request is not valid"),
            std::nullopt};
      }
      for (const auto& [name, value] : write.values) {
        if (TypeOf(value) == "null") {
          target->second.erase(name);
        } else {
          target->second[name] = value;
        }
      }
    }
    if (after_write) {
      if (auto failure = after_write(write)) return {std::move(*failure), std::nullopt};
    }
    return {intercom::Done{}, std::nullopt};
  }

  intercom::Outcome<std::vector<intercom::DataAttribute>> DoList(intercom::Model model) {
    const std::lock_guard lock(mutex_);
    ++lists;
    if (before_definition) {
      if (auto failure = before_definition()) return {std::move(*failure), std::nullopt};
    }
    std::vector<intercom::DataAttribute> listed;
    for (const auto& [key, definition] : definitions) {
      if (key.first == model) listed.push_back(definition);
    }
    return {std::move(listed), std::nullopt};
  }

  intercom::Outcome<intercom::DataAttribute> DoCreate(intercom::Model model,
                                                      const std::string& name,
                                                      const std::string& data_type,
                                                      const std::string& description) {
    const std::lock_guard lock(mutex_);
    ++creates;
    if (before_definition) {
      if (auto failure = before_definition()) return {std::move(*failure), std::nullopt};
    }
    for (const auto other : {intercom::Model::kContact, intercom::Model::kCompany}) {
      if (definitions.contains({other, name})) {
        return {
            MakeFailure(intercom::Failure::Kind::kRefused, 400, "You already have '" + name + "'"),
            std::nullopt};
      }
    }
    intercom::DataAttribute made{next_id_++, model, name, data_type, description, false, true};
    definitions[{model, name}] = made;
    if (after_create) {
      if (auto failure = after_create()) return {std::move(*failure), std::nullopt};
    }
    return {made, std::nullopt};
  }

  std::optional<std::string> NameOf(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, definition] : definitions) {
      if (definition.id == id) return definition.name;
    }
    return std::nullopt;
  }

  intercom::Outcome<intercom::DataAttribute> SetArchived(std::int64_t id, bool archived) {
    const std::lock_guard lock(mutex_);
    ++(archived ? archives : restores);
    for (auto& [key, definition] : definitions) {
      if (definition.id != id) continue;
      if (archived && in_use.contains(definition.name)) {
        return {MakeFailure(intercom::Failure::Kind::kRefused, 422, "A workflow depends on it"),
                std::nullopt};
      }
      definition.archived = archived;
      return {definition, std::nullopt};
    }
    return {MakeFailure(intercom::Failure::Kind::kNotFound, 404), std::nullopt};
  }

  intercom::Outcome<intercom::DataAttribute> DoRestore(std::int64_t id) {
    const auto name = NameOf(id);
    if (name && before_restore) before_restore(*name);
    return SetArchived(id, false);
  }

  // Without the lock while a test does something in between.
  intercom::Outcome<intercom::DataAttribute> DoArchive(std::int64_t id) {
    const auto name = NameOf(id);
    if (name && before_archive) {
      if (auto failure = before_archive(*name)) {
        const std::lock_guard lock(mutex_);
        ++archives;
        return {std::move(*failure), std::nullopt};
      }
    }
    auto outcome = SetArchived(id, true);
    if (name && after_archive) {
      if (auto failure = after_archive(*name)) return {std::move(*failure), std::nullopt};
    }
    return outcome;
  }

  std::mutex mutex_;
  std::int64_t next_id_ = 1;
  std::int64_t window_ = 0;
};

}  // namespace accoil::test
