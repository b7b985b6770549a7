#include "tests/intercom-simulator/conversations.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "libs/core/text.h"

namespace accoil::simulator {
namespace {

using nlohmann::ordered_json;

struct Line {
  bool from_contact;
  const char* text;
};

struct Dialogue {
  const char* subject;
  std::vector<Line> lines;
};

const std::vector<Dialogue>& Dialogues() {
  static const std::vector<Dialogue> dialogues = {
      {"Export of last month's report",
       {{true, "Hi! I am trying to export last month's report, but the file stays empty."},
        {false, "Thanks for telling us. Which view are you exporting from?"},
        {true, "From the overview, as CSV. The numbers do show on the page."}}},
      {"Inviting the rest of my team",
       {{true, "We would like to bring eight more colleagues on board."},
        {false, "Great to hear! An admin can invite them in the settings, under Members."},
        {true, "Do they need their own licence during the trial?"}}},
      {"Which plan fits us?",
       {{true, "We have grown since we signed up and keep hitting the limits of our plan."},
        {false, "Let me have a look at how you use it, then I can recommend something."}}},
      {"Dashboard is slow this morning",
       {{true, "Is something wrong today? Our dashboard takes ages to load."},
        {false, "We are looking into it. Is it all charts or only the trends?"},
        {true, "Only the trends. The rest is quick."},
        {false, "That helps a lot, thank you."}}},
      {"Connecting our data",
       {{true, "How do I connect our warehouse? The guide mentions a token I cannot find."},
        {false, "You find it under Settings, Connections. Only admins see it."}}},
      {"Invoice for the last quarter",
       {{true, "Could you send me the invoice for the last quarter once more?"},
        {false, "Of course. Shall it go to the billing address that we have?"},
        {true, "Yes, please."}}},
      {"What does the score mean?",
       {{true, "My manager asked me what the engagement score is made of."},
        {false, "Good question! It weighs how often and how broadly your team uses us."}}},
      {"Thank you!",
       {{true, "Just wanted to say that the new onboarding is so much better than before."},
        {false, "That makes our day. I will pass it on to the team!"}}},
  };
  return dialogues;
}

/// FNV-1a: the same on every machine.
std::uint64_t Hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const unsigned char c : text) hash = (hash ^ c) * 1099511628211ULL;
  return hash;
}

/// The conversations that have waited the shortest come first.
constexpr std::uint64_t kMostMinutesAgo = std::uint64_t{5} * 24 * 60;
std::uint64_t MinutesAgo(const Contact& contact) {
  return 1 + Hash(contact.id + "/age") % kMostMinutesAgo;
}

/// How a group of contacts is told from the others, and how many of it are shown.
enum Group { kOneCompany, kSeveralCompanies, kNoCompany, kLead, kSharedEmail, kGroups };
constexpr std::array<std::size_t, kGroups> kShown = {14, 6, 8, 8, 4};

Group GroupOf(const Contact& contact, bool email_is_shared) {
  if (email_is_shared) return kSharedEmail;
  if (!contact.is_user) return kLead;
  if (contact.companies.empty()) return kNoCompany;
  return contact.companies.size() == 1 ? kOneCompany : kSeveralCompanies;
}

void SortByAge(std::vector<ContactPtr>& contacts) {
  std::stable_sort(contacts.begin(), contacts.end(),
                   [](const auto& a, const auto& b) { return MinutesAgo(*a) < MinutesAgo(*b); });
}

}  // namespace

const std::vector<Teammate>& Teammates() {
  static const std::vector<Teammate> teammates = {
      {"991267459", "Sam Rivera", "sam@support.example"},
      {"991267460", "Robin Okafor", "robin@support.example"}};
  return teammates;
}

std::vector<ContactPtr> ChooseForInbox(const Workspace& workspace) {
  std::unordered_map<std::string_view, int> by_email;
  for (const auto& [id, contact] : workspace.contacts()) {
    if (!contact->email.empty()) ++by_email[contact->email];
  }
  std::array<std::vector<ContactPtr>, kGroups> groups;
  for (const auto& [id, contact] : workspace.contacts()) {
    const bool shared = !contact->email.empty() && by_email[contact->email] > 1;
    groups[GroupOf(*contact, shared)].push_back(contact);
  }
  std::vector<ContactPtr> chosen;
  for (std::size_t group = 0; group < groups.size(); ++group) {
    const auto& all = groups[group];
    const auto count = std::min(all.size(), kShown[group]);
    for (std::size_t i = 0; i < count; ++i) chosen.push_back(all[i * all.size() / count]);
  }
  SortByAge(chosen);
  return chosen;
}

std::vector<ContactPtr> FindForInbox(const Workspace& workspace, std::string_view words,
                                     std::size_t limit) {
  const auto wanted = core::ToLower(core::Trim(words));
  std::vector<ContactPtr> found;
  for (const auto& [id, contact] : workspace.contacts()) {
    if (found.size() == limit) break;
    if (contact->email.find(wanted) != std::string::npos ||
        core::ToLower(contact->name).find(wanted) != std::string::npos) {
      found.push_back(contact);
    }
  }
  SortByAge(found);
  return found;
}

std::int64_t ConversationId(const Contact& contact) {
  constexpr std::uint64_t kNumbers = 1'000'000'000;
  return static_cast<std::int64_t>(2 * kNumbers + Hash(contact.id) % kNumbers);
}

ordered_json ConversationJson(const Contact& contact, const Workspace& workspace) {
  auto companies = ordered_json::array();
  for (const auto& id : contact.companies) {
    const auto& company = workspace.companies().at(id);
    companies.push_back(
        {{"id", company.id}, {"company_id", company.company_id}, {"name", company.name}});
  }
  const auto& dialogue = Dialogues()[Hash(contact.id) % Dialogues().size()];
  auto lines = ordered_json::array();
  for (const auto& line : dialogue.lines) {
    lines.push_back({{"from", line.from_contact ? "contact" : "teammate"}, {"text", line.text}});
  }
  return {{"id", std::to_string(ConversationId(contact))},
          {"contact",
           {{"id", contact.id},
            {"name", contact.name},
            {"email", contact.email},
            {"role", contact.is_user ? "user" : "lead"}}},
          {"companies", std::move(companies)},
          {"subject", dialogue.subject},
          {"minutes_ago", MinutesAgo(contact)},
          {"lines", std::move(lines)}};
}

}  // namespace accoil::simulator
