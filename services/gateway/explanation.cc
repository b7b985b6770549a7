#include "services/gateway/explanation.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "services/gateway/explanation_reasons.h"
#include "services/gateway/explanation_tags.h"
#include "services/gateway/explanation_words.h"

namespace accoil::gateway {
namespace {

bool Connected(const Findings& findings) {
  return findings.connection.message &&
         findings.connection.message->state() == events::v1::CONNECTED;
}

InIntercom Judge(const Findings& findings) {
  const bool unconnected = findings.connection.answered() && !Connected(findings);
  if (!findings.sync.answered()) {
    // Without a workspace or a match nothing can be there, whatever trait-sync would say.
    if (findings.connection.answered() && !findings.connection.message) return InIntercom::kNo;
    if (findings.match.answered() && !Matched(findings)) return InIntercom::kNo;
    return InIntercom::kUnknown;
  }
  const auto& sync = *findings.sync.message;
  const auto tally = TallyOf(findings);
  // What Intercom was given before it was disconnected may still be there, but nobody keeps it
  // true.
  if (unconnected) return tally.shown > 0 ? InIntercom::kPartly : InIntercom::kNo;
  if (sync.target_id().empty() || !sync.set_aside().empty()) return InIntercom::kNo;
  if (tally.wanted == 0) return tally.shown > 0 ? InIntercom::kPartly : InIntercom::kNo;
  if (tally.there == tally.wanted) return InIntercom::kYes;
  return tally.shown > 0 ? InIntercom::kPartly : InIntercom::kNo;
}

/// "The user u1 is contact 65a in Intercom (the only contact with the user's email)".
std::string WhoItIs(const Findings& findings) {
  const auto& subject = findings.subject;
  const auto& match = findings.match.message;
  const auto& sync = findings.sync.message;
  std::string target = match ? match->target_id() : "";
  if (target.empty() && sync) target = sync->target_id();
  if (target.empty()) {
    return Named(subject) + " is no " + TargetWord(subject.kind()) + " in Intercom now";
  }
  auto text = Named(subject) + " is " + TargetWord(subject.kind()) + " " + target + " in Intercom";
  if (match && !match->target_id().empty() && !match->reason().empty()) {
    auto why = match->reason();
    if (why.back() == '.') why.pop_back();
    text += " (" + why + ")";
  }
  return text;
}

std::string Opening(const Findings& findings, InIntercom in_intercom) {
  const auto tally = TallyOf(findings);
  const auto& subject = findings.subject;
  switch (in_intercom) {
    case InIntercom::kYes: {
      auto text =
          WhoItIs(findings) + ", and " +
          (tally.wanted == 1 ? "the one value that is synced is"
                             : "all " + Count(tally.wanted, "value") + " that are synced are") +
          " there.";
      if (findings.sync.message->has_called_at()) {
        text += " The last change was delivered at " +
                TimeWord(findings.sync.message->called_at()) + ".";
      }
      return text;
    }
    case InIntercom::kPartly: {
      auto text = WhoItIs(findings);
      if (!Connected(findings)) {
        return text + ", which may still show " + Count(tally.shown, "value") +
               " that came before; they are no longer kept up to date.";
      }
      if (tally.wanted == 0) return text + "; what is there is being cleared.";
      return text + "; of " + Count(tally.wanted, "value") + " that are synced, " +
             std::to_string(tally.there) + (tally.there == 1 ? " is" : " are") + " there as now.";
    }
    case InIntercom::kNo:
      if (Matched(findings)) {
        return WhoItIs(findings) + ", but none of its Accoil data is there.";
      }
      return Named(subject) + " has no data in Intercom.";
    case InIntercom::kUnknown:
      break;
  }
  return "What of the " + KindWord(subject.kind()) + " " + subject.subject_id() +
         " is in Intercom cannot be said now.";
}

/// The answer in one paragraph: what is there, what blocks the rest, what helps against the first.
std::string Answer(const Findings& findings, InIntercom in_intercom,
                   const std::vector<Reason>& reasons) {
  // More would be a list, which the reasons are already.
  constexpr int kTold = 3;
  auto text = Opening(findings, in_intercom);
  int told = 0;
  for (const auto& reason : reasons) {
    if (!reason.blocks || told == kTold) break;
    text += " " + reason.text;
    ++told;
  }
  if (told > 0) text += " What helps: " + reasons.front().remedy;
  return text;
}

}  // namespace

Explanation Explain(const Findings& findings) {
  Explanation explanation;
  explanation.in_intercom = Judge(findings);
  auto& reasons = explanation.reasons;
  for (auto* part : {&ConnectionReasons, &SilenceReasons, &MatchReasons, &DeliveryReasons,
                     &TagReasons, &ProfileReasons, &WidgetReasons}) {
    auto found = part(findings);
    std::move(found.begin(), found.end(), std::back_inserter(reasons));
  }
  std::stable_partition(reasons.begin(), reasons.end(),
                        [](const Reason& reason) { return reason.blocks; });
  explanation.answer = Answer(findings, explanation.in_intercom, reasons);
  return explanation;
}

std::vector<ProfileOfSubject> ProfilesOf(const Findings& findings) {
  std::map<std::string, ProfileOfSubject> profiles;
  if (findings.profiles.message) {
    for (const auto& profile : findings.profiles.message->profiles()) {
      auto& out = profiles[profile.profile_id()];
      out.profile_id = profile.profile_id();
      out.name = profile.name();
      out.sync_mode = profile.sync_mode();
      out.summary = profile.summary();
    }
  }
  if (findings.sync.message) {
    for (const auto& profile : findings.sync.message->profiles()) {
      auto [at, added] = profiles.try_emplace(profile.profile_id());
      auto& out = at->second;
      if (added) {
        out.profile_id = profile.profile_id();
        out.name = profile.name();
        out.sync_mode = profile.sync_mode();
        out.unknown = findings.profiles.answered() ||
                      profile.sync_mode() == events::v1::SYNC_MODE_UNSPECIFIED;
      }
      out.traits = profile.traits();
      out.segments.assign(profile.segments().begin(), profile.segments().end());
    }
  }
  std::vector<ProfileOfSubject> sorted;
  for (auto& [id, profile] : profiles) {
    if (profile.name.empty()) profile.name = id;
    sorted.push_back(std::move(profile));
  }
  return sorted;
}

}  // namespace accoil::gateway
