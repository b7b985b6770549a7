#include "services/gateway/explanation_reasons.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "libs/events/event.h"
#include "services/gateway/enum_json.h"
#include "services/gateway/explanation_words.h"
#include "services/gateway/remedies.h"

namespace accoil::gateway {
namespace {

using events::v1::ConnectionState;
using events::v1::MatchDecision;
using events::v1::SubjectKind;
using events::v1::SyncMode;
using traitsync::v1::ExplainSubjectResponse;

constexpr std::string_view kSegmentsTrait = "Segments";
// A window of Intercom's limit: what is due for longer has been passed over at least once.
constexpr std::chrono::seconds kCallWindow{10};

Reason Blocks(std::string code, std::string text, std::string remedy) {
  return {std::move(code), std::move(text), std::move(remedy), true};
}

Reason Aside(std::string code, std::string text, std::string remedy) {
  return {std::move(code), std::move(text), std::move(remedy), false};
}

bool Connected(const Findings& findings) {
  const auto& connection = findings.connection.message;
  return connection && connection->state() == ConnectionState::CONNECTED;
}

/// The match of a subject that has none, which matcher's decision explains.
Reason Unmatched(const Findings& findings, const matcher::v1::Match& match) {
  const auto kind = findings.subject.kind();
  auto text = Sentence(match.reason().empty() ? "It is not matched" : match.reason());
  if (match.decision() == MatchDecision::NO_MATCHED_USER && match.users() == 0) {
    text = "No user in Accoil belongs to the account.";
  }
  if (match.has_due_at()) text += " It is looked at again at " + TimeWord(match.due_at()) + ".";
  return Blocks(EnumToJson(match.decision()), std::move(text),
                RemedyForMatch(kind, match.decision()));
}

/// The names of the attributes in a state, by the reason that they are given.
std::map<std::string, std::vector<std::string>> NamesByReason(const ExplainSubjectResponse& sync,
                                                              std::string_view state) {
  std::map<std::string, std::vector<std::string>> names;
  for (const auto& attribute : sync.attributes()) {
    if (attribute.state() == state) names[attribute.reason()].push_back(attribute.name());
  }
  return names;
}

/// What is on its way: `names` are due.
Reason Due(const Findings& findings, const std::vector<std::string>& names) {
  const auto& sync = *findings.sync.message;
  const auto what =
      Count(static_cast<std::int64_t>(names.size()), "value") + " (" + Few(names) + ")";
  const std::string are = names.size() == 1 ? " is" : " are";
  if (sync.attempts() > 0) {
    auto text =
        what + are + " tried again: " + Count(sync.attempts(), "attempt") + " failed" +
        (sync.last_error().empty() ? "." : ", the last with: " + Sentence(sync.last_error()));
    if (sync.has_due_at()) text += " The next is due at " + TimeWord(sync.due_at()) + ".";
    return Blocks("retrying", std::move(text), RemedyForSync("failing"));
  }
  if (sync.has_due_at() && events::ToTime(sync.due_at()) + kCallWindow < findings.now) {
    return Blocks("waiting_for_calls",
                  what + are + " waiting since " + TimeWord(sync.due_at()) +
                      " for a turn in Intercom's limit of calls.",
                  RemedyForSync("waiting"));
  }
  return Blocks("due", what + " changed just now and" + are + " on the way.",
                "Wait a few seconds and look again.");
}

/// Values that a profile's catalogue does not have: how many of `profile` cannot become attributes.
std::int64_t StrangeTraits(const ProfileOfSubject& profile, const ExplainSubjectResponse& sync) {
  const auto& attributes = sync.attributes();
  const auto known =
      std::count_if(attributes.begin(), attributes.end(), [&](const auto& attribute) {
        return attribute.profile_id() == profile.profile_id &&
               attribute.trait() != kSegmentsTrait && attribute.state() != "no_value";
      });
  return std::max<std::int64_t>(0, profile.traits - known);
}

/// Why a profile gives a subject less than it might; nothing when it gives all. `blocks`: nothing
/// of the subject is wanted in Intercom, so that this is why.
std::optional<Reason> OfProfile(const ProfileOfSubject& profile, const ExplainSubjectResponse* sync,
                                const std::string& kind, bool blocks) {
  blocks = blocks && profile.has_data();
  if (profile.unknown) {
    if (!profile.has_data()) return std::nullopt;
    return Reason{"unknown_profile",
                  "Data of the " + kind + " came for the profile " + profile.profile_id +
                      ", which the product does not have.",
                  RemedyForSync("unknown_profile"), blocks};
  }
  if (profile.sync_mode == SyncMode::OFF) {
    return Reason{"profile_off",
                  "The profile " + profile.name + " is switched off, so nothing of it is synced.",
                  "Switch it on under Settings > Connections: segment names only, or all traits.",
                  blocks};
  }
  if (profile.sync_mode == SyncMode::SEGMENTS_ONLY) {
    return Reason{"segments_only",
                  "The profile " + profile.name +
                      " syncs segment names only, so none of its other traits is in Intercom.",
                  "Set the profile to sync all traits under Settings > Connections.", blocks};
  }
  if (sync == nullptr) return std::nullopt;
  const auto strange = StrangeTraits(profile, *sync);
  if (strange == 0) return std::nullopt;
  return Reason{"trait_not_in_catalogue",
                Count(strange, "trait") + " of the " + kind + " in the profile " + profile.name +
                    (strange == 1 ? " is" : " are") + " not in the profile's catalogue for " +
                    kind + "s.",
                "Add it to the profile's catalogue, with its type.", blocks};
}

}  // namespace

Tally TallyOf(const Findings& findings) {
  Tally tally;
  if (!findings.sync.message) return tally;
  for (const auto& attribute : findings.sync.message->attributes()) {
    if (attribute.state() != "no_value") ++tally.wanted;
    if (attribute.state() == "delivered") ++tally.there;
    if (attribute.has_delivered() &&
        attribute.delivered().kind_case() != google::protobuf::Value::kNullValue) {
      ++tally.shown;
    }
  }
  return tally;
}

bool Matched(const Findings& findings) {
  return (findings.match.message && !findings.match.message->target_id().empty()) ||
         (findings.sync.message && !findings.sync.message->target_id().empty());
}

std::vector<Reason> SilenceReasons(const Findings& findings) {
  std::vector<Reason> reasons;
  const auto note = [&](const std::string& silence, const std::string& service,
                        const std::string& code, const std::string& unknown) {
    if (silence.empty()) return;
    reasons.push_back(Blocks(code,
                             Sentence(silence) + " Therefore " + unknown + " is not known now.",
                             RemedyForSilence(service)));
  };
  note(findings.connection.silence, "connections", "connections_unavailable",
       "whether the product is connected");
  if (findings.connection.answered()) {
    note(findings.profiles.silence, "connections", "connections_unavailable",
         "which profiles are synced");
  }
  note(findings.match.silence, "matcher", "matcher_unavailable",
       "which " + TargetWord(findings.subject.kind()) + " it is matched with");
  note(findings.sync.silence, "trait-sync", "trait_sync_unavailable", "what was delivered");
  note(findings.tagging.silence, "tagging-automation", "tagging_unavailable",
       "which tags were given");
  return reasons;
}

std::vector<Reason> ConnectionReasons(const Findings& findings) {
  if (!findings.connection.answered() || Connected(findings)) return {};
  const auto& connection = findings.connection.message;
  if (!connection) {
    return {Blocks("not_connected", "The product is not connected to an Intercom workspace.",
                   RemedyForConnection(ConnectionState::CONNECTION_STATE_UNSPECIFIED))};
  }
  if (connection->state() == ConnectionState::DISCONNECTING) {
    return {Blocks("disconnecting",
                   "The product is being disconnected: nothing is delivered any more, and what was "
                   "delivered is being archived.",
                   RemedyForConnection(connection->state()))};
  }
  const auto text = "The product is disconnected from the workspace " +
                    (connection->workspace_name().empty() ? connection->workspace_id()
                                                          : connection->workspace_name());
  return {Blocks("disconnected", Because(text, connection->state_reason()),
                 RemedyForConnection(connection->state()))};
}

std::vector<Reason> MatchReasons(const Findings& findings) {
  if (!findings.match.answered()) return {};
  const auto& subject = findings.subject;
  const auto kind = KindWord(subject.kind());
  const auto& match = findings.match.message;
  if (!match) {
    const bool has_data = findings.sync.message && findings.sync.message->known();
    return {Blocks("unknown_" + kind,
                   has_data
                       ? "Data of the " + kind + " came, but who it is was never sent to Accoil."
                       : Named(subject) + " is not in Accoil.",
                   "Send the " + kind + " to Accoil, or check its id for spelling and case.")};
  }
  std::vector<Reason> reasons;
  const bool unseen = match->decision() == MatchDecision::MATCH_DECISION_UNSPECIFIED ||
                      match->decision() == MatchDecision::NOT_CONNECTED;
  if (!match->target_id().empty()) {
    const bool may_deliver = Connected(findings) || !findings.connection.answered();
    if (may_deliver && findings.sync.message &&
        findings.sync.message->target_id() != match->target_id()) {
      reasons.push_back(Blocks("match_on_its_way", "It was matched just now, and its data follows.",
                               RemedyForMatch(subject.kind(), MatchDecision{})));
    }
  } else if (!unseen) {
    reasons.push_back(Unmatched(findings, *match));
  } else if (Connected(findings) || !findings.connection.answered()) {
    reasons.push_back(Blocks("match_pending", "It was not looked for in Intercom yet.",
                             RemedyForMatch(subject.kind(), MatchDecision{})));
  }
  if (subject.kind() == SubjectKind::USER && match->account_ids().empty() &&
      match->decision() != MatchDecision::SUBJECT_REMOVED) {
    reasons.push_back(
        Aside("no_account",
              "The user belongs to no account in Accoil, so no company in Intercom gets account "
              "data through it.",
              "Send the user with the ids of its accounts."));
  }
  return reasons;
}

std::vector<Reason> DeliveryReasons(const Findings& findings) {
  if (!findings.sync.message) return {};
  const auto& sync = *findings.sync.message;
  std::vector<Reason> reasons;
  if (!sync.set_aside().empty()) {
    reasons.push_back(Blocks(TargetWord(findings.subject.kind()) + "_gone",
                             Because("Its data is not sent", sync.set_aside()),
                             RemedyForSync("target_gone")));
  }
  const auto set_aside = NamesByReason(sync, "set_aside");
  for (const auto& [reason, names] : set_aside) {
    // Of a contact that is gone the values are held back as well, which says nothing new.
    if (!sync.set_aside().empty()) break;
    reasons.push_back(
        Blocks("value_set_aside",
               Because("The value of " + Few(names) + " is set aside and not sent", reason),
               RemedyForSync("value_set_aside")));
  }
  for (const auto& [reason, names] : NamesByReason(sync, "refused")) {
    reasons.push_back(Blocks("attribute_refused",
                             Because("No value of " + Few(names) + " is sent to anybody", reason),
                             RemedyForSync("attribute_refused")));
  }
  for (const auto& [reason, names] : NamesByReason(sync, "waiting")) {
    reasons.push_back(Blocks("attribute_waiting",
                             Few(names) + " cannot be sent until Intercom has the attribute: " +
                                 Sentence(reason.empty() ? "it is being made" : reason),
                             "It is made by itself as soon as Intercom answers and its limit of "
                             "calls allows."));
  }
  std::vector<std::string> due;
  for (const auto& [reason, names] : NamesByReason(sync, "due")) {
    due.insert(due.end(), names.begin(), names.end());
  }
  if (!due.empty() && sync.set_aside().empty()) reasons.push_back(Due(findings, due));
  return reasons;
}

std::vector<Reason> ProfileReasons(const Findings& findings) {
  const auto profiles = ProfilesOf(findings);
  const auto kind = KindWord(findings.subject.kind());
  if (profiles.empty()) {
    if (!findings.profiles.answered()) return {};
    return {Blocks("no_profiles", "The product has no profile, so there is nothing to sync.",
                   "Create a profile with its traits and set it to sync.")};
  }
  const auto* sync = findings.sync.message ? &*findings.sync.message : nullptr;
  const bool nothing_wanted = sync != nullptr && TallyOf(findings).wanted == 0;
  std::vector<Reason> reasons;
  for (const auto& profile : profiles) {
    if (auto reason = OfProfile(profile, sync, kind, nothing_wanted)) {
      reasons.push_back(*std::move(reason));
    }
  }
  const bool has_data = std::any_of(profiles.begin(), profiles.end(),
                                    [](const auto& profile) { return profile.has_data(); });
  if (sync != nullptr && !has_data) {
    reasons.push_back(Blocks("no_data",
                             sync->known()
                                 ? "No profile has a trait or a segment of the " + kind + " now."
                                 : "No trait and no segment of the " + kind + " ever came.",
                             "Check that what sends engagement data sends it for this " + kind +
                                 ", with its id as here."));
  }
  return reasons;
}

std::vector<Reason> WidgetReasons(const Findings& findings) {
  if (!findings.sync.message) return {};
  const auto kind = KindWord(findings.subject.kind());
  const std::string where = findings.subject.kind() == SubjectKind::ACCOUNT
                                ? "In conversations with its users, the Inbox widget"
                                : "In conversations with the user, the Inbox widget";
  std::vector<std::string> with_data;
  const ProfileOfSubject* first = nullptr;
  const auto profiles = ProfilesOf(findings);
  for (const auto& profile : profiles) {
    if (profile.unknown) continue;
    if (profile.has_data()) with_data.push_back(profile.name);
    if (first == nullptr || (profile.summary && !first->summary)) first = &profile;
  }
  if (!Matched(findings) || with_data.empty() || first == nullptr) {
    return {Aside("widget_empty",
                  where + " has nothing to show of the " + kind + ": " +
                      (Matched(findings) ? "no profile has data of it."
                                         : "it is not matched with a " +
                                               TargetWord(findings.subject.kind()) + "."),
                  "Put right what the other reasons name.")};
  }
  if (!first->has_data()) {
    return {Aside("widget_other_profile",
                  where + " opens with the profile " + first->name + ", which has no data of the " +
                      kind + "; " + Few(with_data) + " has.",
                  "Choose another profile in the dropdown at the bottom of the widget.")};
  }
  return {Aside("widget_collapsed",
                where + " shows the " + kind + "'s data of " + Few(with_data) + ".",
                "If the widget is not seen, expand the sidebar of the conversation; other profiles "
                "are in the dropdown at its bottom.")};
}

}  // namespace accoil::gateway
