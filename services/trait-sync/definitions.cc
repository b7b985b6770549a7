#include "services/trait-sync/definitions.h"

#include "services/trait-sync/attribute_naming.h"

namespace accoil::traitsync {
namespace {

using intercom::DataAttribute;
using intercom::Failure;

constexpr std::chrono::minutes kBetweenRefreshes(1);

/// What is remembered of an attribute, as a state that plans are restricted by; nothing when it has
/// to be looked at.
std::optional<AttributeState> StateOf(const AttributeRow& row, TraitType type,
                                      core::TimePoint now) {
  if (row.intercom_id && Carries(row.data_type, type)) {
    if (row.state == "present" || row.state == "cannot_archive") {
      return AttributeState{AttributeState::Kind::kPresent, ""};
    }
    // Archived, or refused for its type while the catalogue said otherwise: look again.
    return std::nullopt;
  }
  if (row.state == "refused" && row.retry_at && *row.retry_at > now) {
    return AttributeState{AttributeState::Kind::kRefused, row.reason};
  }
  return std::nullopt;
}

AttributeState Decided(const AttributeRow& row) {
  if (row.state == "present") return {AttributeState::Kind::kPresent, ""};
  if (row.state == "refused") return {AttributeState::Kind::kRefused, row.reason};
  return {AttributeState::Kind::kWaiting, row.reason};
}

}  // namespace

struct Definitions::Look {
  Workspace& workspace;
  intercom::Permits& permits;
  intercom::Model model;
  /// What is remembered of the attributes.
  const std::map<std::string, AttributeRow>& rows;
  /// What Intercom has, by name.
  std::map<std::string, DataAttribute> there{};
  bool listed = false;
  /// Once set, nothing more is asked: all that is left waits.
  bool stopped = false;
  std::optional<Failure> failure{};
  Appeared appeared = Appeared::kNothing;

  const AttributeRow* Remembered(const std::string& name) const {
    const auto found = rows.find(name);
    return found == rows.end() ? nullptr : &found->second;
  }
  bool RememberedAs(const std::string& name, const char* state) const {
    const auto* row = Remembered(name);
    return row != nullptr && row->state == state;
  }
  bool RememberedAsOurs(const std::string& name) const {
    const auto* row = Remembered(name);
    return row != nullptr && row->ours.value_or(false);
  }

  /// Lists the definitions; false when that could not be done.
  bool List() {
    auto outcome = permits.Call([&] { return workspace.ListAttributes(model); });
    if (!outcome || !outcome->ok()) {
      stopped = true;
      if (outcome) failure = outcome->failure();
      return false;
    }
    there.clear();
    for (auto& attribute : outcome->value()) there.emplace(attribute.name, std::move(attribute));
    listed = true;
    return true;
  }
};

Definitions::Answer Definitions::Ensure(Workspace& workspace, intercom::Permits& permits,
                                        const Needs& needs) {
  if (needs.define.empty() && needs.know.empty()) return {};
  const std::lock_guard one_at_a_time(MutexOf(workspace.id()));
  return Decide(workspace, permits, needs, false);
}

std::optional<Definitions::Answer> Definitions::Refresh(Workspace& workspace,
                                                        intercom::Permits& permits,
                                                        const Needs& needs,
                                                        core::TimePoint sent_at) {
  const std::lock_guard one_at_a_time(MutexOf(workspace.id()));
  const auto key = std::pair(workspace.id(), needs.kind);
  std::optional<core::TimePoint> last;
  {
    const std::lock_guard lock(mutex_);
    const auto found = refreshed_.find(key);
    if (found != refreshed_.end()) last = found->second;
  }
  if (last && *last >= sent_at) return Decide(workspace, permits, needs, false);
  if (last && sent_at - *last < kBetweenRefreshes) return std::nullopt;
  auto answer = Decide(workspace, permits, needs, true);
  const std::lock_guard lock(mutex_);
  refreshed_[key] = clock_.Now();
  return answer;
}

Definitions::Answer Definitions::Decide(Workspace& workspace, intercom::Permits& permits,
                                        const Needs& needs, bool look_again) {
  Answer answer;
  std::vector<std::string> names(needs.define.begin(), needs.define.end());
  names.insert(names.end(), needs.know.begin(), needs.know.end());
  const auto rows = store_.FindAttributes(workspace.id(), ModelOf(needs.kind), names);

  std::vector<const WantedAttribute*> unsure;
  for (const auto& attribute : needs.attributes) {
    const auto row = rows.find(attribute.name);
    std::optional<AttributeState> state;
    if (row != rows.end()) state = StateOf(row->second, attribute.type, clock_.Now());
    if (needs.define.contains(attribute.name) && (look_again || !state)) {
      unsure.push_back(&attribute);
    } else if (state) {
      answer.states[attribute.name] = *state;
    }
  }
  if (unsure.empty()) return answer;

  Look look{workspace, permits, ModelOf(needs.kind), rows};
  std::vector<AttributeRow> settled;
  for (const auto* attribute : unsure) {
    settled.push_back(Settle(look, *attribute));
    answer.states[attribute->name] = Decided(settled.back());
  }
  store_.PutAttributes(workspace.id(), look.model, settled, look.appeared);
  answer.failure = look.failure;
  return answer;
}

AttributeRow Definitions::Settle(Look& look, const WantedAttribute& attribute) {
  if (const auto problem = NameProblem(attribute.name, config_.limits.name)) {
    return Refused(look, attribute, *problem);
  }
  if (!look.stopped && !look.listed) look.List();
  if (look.stopped) return Waiting(look, attribute, look.failure);
  const auto found = look.there.find(attribute.name);
  if (found != look.there.end()) return SettleFound(look, attribute, found->second);
  return Create(look, attribute);
}

AttributeRow Definitions::SettleFound(Look& look, const WantedAttribute& attribute,
                                      const DataAttribute& found) {
  if (!Carries(found.data_type, attribute.type)) {
    auto row = Refused(look, attribute, TypeProblem(found.data_type, attribute.type));
    row.data_type = found.data_type;
    row.intercom_id = found.id;
    return row;
  }
  return found.archived ? BringBack(look, attribute, found) : Present(look, attribute, found);
}

AttributeRow Definitions::BringBack(Look& look, const WantedAttribute& attribute,
                                    const DataAttribute& found) {
  // Archived by hand: should it be brought back and this process die, what was delivered is in
  // doubt all the same.
  if (!look.RememberedAs(attribute.name, "archived")) {
    store_.NoteArchived(look.workspace.id(), look.model, found);
  }
  const auto outcome = look.permits.Call([&] { return look.workspace.RestoreAttribute(found.id); });
  if (outcome && outcome->ok()) {
    metrics_.DefinitionRestored();
    look.appeared = Appeared::kBroughtBack;
    return Present(look, attribute, found);
  }
  if (outcome && !outcome->failure().retryable() &&
      outcome->failure().kind != Failure::Kind::kUnauthorized) {
    return Refused(look, attribute, outcome->failure().ToString());
  }
  look.stopped = true;
  if (outcome) look.failure = outcome->failure();
  auto row = Waiting(look, attribute, look.failure);
  row.state = "archived";
  row.intercom_id = found.id;
  return row;
}

AttributeRow Definitions::Create(Look& look, const WantedAttribute& attribute) {
  const auto& workspace = look.workspace.id();
  if (look.RememberedAs(attribute.name, "present")) {
    // It was there and is gone, and what was delivered with it.
    DataAttribute gone;
    gone.name = attribute.name;
    gone.data_type = DataTypeOf(attribute.type);
    gone.id = look.Remembered(attribute.name)->intercom_id.value_or(0);
    store_.NoteArchived(workspace, look.model, gone);
    look.appeared = Appeared::kBroughtBack;
  }
  AttributeRow begun;
  begun.name = attribute.name;
  begun.state = "wanted";
  begun.data_type = DataTypeOf(attribute.type);
  begun.reason = "is being made";
  begun.checked_at = clock_.Now();
  begun.ours = true;
  store_.PutAttributes(workspace, look.model, {begun});

  const auto outcome = look.permits.Call([&] {
    return look.workspace.CreateAttribute(look.model, attribute.name, begun.data_type,
                                          attribute.description);
  });
  if (outcome && outcome->ok()) {
    metrics_.DefinitionCreated();
    if (look.appeared == Appeared::kNothing) look.appeared = Appeared::kMade;
    auto row = Present(look, attribute, outcome->value());
    row.ours = true;
    return row;
  }
  // What was surely not made by this call is ours only if it was before.
  const auto not_made = [&](AttributeRow row) {
    if (!look.RememberedAsOurs(attribute.name)) row.ours = false;
    return row;
  };
  if (!outcome || outcome->failure().retryable() ||
      outcome->failure().kind == Failure::Kind::kUnauthorized) {
    look.stopped = true;
    if (outcome) look.failure = outcome->failure();
    auto row = Waiting(look, attribute, look.failure);
    row.intercom_id.reset();
    const bool perhaps_made = outcome && (outcome->failure().kind == Failure::Kind::kUnknown ||
                                          outcome->failure().kind == Failure::Kind::kServer);
    return perhaps_made ? row : not_made(std::move(row));
  }
  // Perhaps another replica made it since it was listed.
  const auto refusal = outcome->failure();
  if (!look.List()) return Waiting(look, attribute, look.failure);
  const auto found = look.there.find(attribute.name);
  if (found != look.there.end()) return SettleFound(look, attribute, found->second);
  return not_made(Refused(look, attribute, refusal.ToString()));
}

AttributeRow Definitions::Refused(Look& look, const WantedAttribute& attribute,
                                  const std::string& reason) {
  metrics_.DefinitionRefused();
  warnings_.Warn(look.workspace.id().value(), "an attribute is refused",
                 attribute.name + ": " + reason);
  AttributeRow row;
  row.name = attribute.name;
  row.state = "refused";
  row.data_type = DataTypeOf(attribute.type);
  row.reason = reason;
  row.checked_at = clock_.Now();
  row.retry_at = row.checked_at + config_.sweep_interval;
  return row;
}

AttributeRow Definitions::Waiting(Look& look, const WantedAttribute& attribute,
                                  const std::optional<Failure>& failure) {
  AttributeRow row;
  row.name = attribute.name;
  row.state = "wanted";
  row.data_type = DataTypeOf(attribute.type);
  row.reason = failure ? failure->ToString() : "waits for the call budget";
  row.checked_at = clock_.Now();
  if (const auto* before = look.Remembered(attribute.name)) {
    row.intercom_id = before->intercom_id;
    if (before->state == "archived") row.state = before->state;
  }
  if (failure) {
    warnings_.Warn(look.workspace.id().value(), "attributes could not be defined", row.reason);
  }
  return row;
}

AttributeRow Definitions::Present(Look& look, const WantedAttribute& attribute,
                                  const DataAttribute& found) {
  const auto* before = look.Remembered(attribute.name);
  AttributeRow row;
  row.name = attribute.name;
  row.state = "present";
  row.data_type = found.data_type;
  row.intercom_id = found.id;
  row.checked_at = clock_.Now();
  if (before != nullptr) {
    // Another one of the same name is not the one that we made.
    if (before->intercom_id && *before->intercom_id != found.id) row.ours = false;
    if (before->state == "archived") look.appeared = Appeared::kBroughtBack;
  }
  return row;
}

std::mutex& Definitions::MutexOf(const core::WorkspaceId& workspace) {
  const std::lock_guard lock(mutex_);
  auto& mutex = workspaces_[workspace];
  if (!mutex) mutex = std::make_unique<std::mutex>();
  return *mutex;
}

}  // namespace accoil::traitsync
