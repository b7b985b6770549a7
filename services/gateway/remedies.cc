#include "services/gateway/remedies.h"

#include <array>
#include <utility>

namespace accoil::gateway {

using events::v1::ConnectionState;
using events::v1::MatchDecision;
using events::v1::SubjectKind;

std::string RemedyForConnection(ConnectionState state) {
  switch (state) {
    case ConnectionState::DISCONNECTING:
      return "Wait until it is disconnected, or connect it again under Settings > Connections: "
             "what "
             "was archived is brought back and what waits is sent.";
    case ConnectionState::DISCONNECTED:
      return "Connect it again under Settings > Connections: nothing is lost, what waits is sent "
             "then.";
    default:
      return "Connect it under Settings > Connections: choose Intercom, Connect, and authorize "
             "Accoil. Or install Accoil from the Intercom App Store.";
  }
}

std::string RemedyForMatch(SubjectKind kind, MatchDecision decision) {
  const bool user = kind != SubjectKind::ACCOUNT;
  switch (decision) {
    case MatchDecision::NO_EMAIL:
      return "Send the user's email to Accoil. Where Intercom's contacts carry the user ids as "
             "external_id, connecting with match_by_external_id needs no email.";
    case MatchDecision::NO_CONTACT:
      return "Make sure that Intercom has a contact with the user's email, and that Accoil has the "
             "email that Intercom knows. The user is looked for again by itself, at the latest "
             "within six hours.";
    case MatchDecision::CONTACT_TAKEN:
      return "Two users of the product claim one contact: give each the email of its own contact, "
             "or remove the one that is no longer used from Accoil.";
    case MatchDecision::NO_MATCHED_USER:
      return "An account reaches its company through its users: make sure that users of the "
             "account "
             "exist in Accoil with their email and the account among their accounts, and ask for "
             "the explanation of one of them.";
    case MatchDecision::NO_COMPANY:
      return "In Intercom, associate one of the account's users with its company.";
    case MatchDecision::AMBIGUOUS_COMPANY:
      return "Make one company stand out: give it the account's id as company_id or the account's "
             "name, or detach the account's users from the others in Intercom.";
    case MatchDecision::COMPANY_TAKEN:
      return "Two accounts of the product claim one company: give each account's users a company "
             "of "
             "its own in Intercom, or give the company the id of the right account as company_id.";
    case MatchDecision::SUBJECT_REMOVED:
      return user ? "If the user exists, send it to Accoil again."
                  : "If the account exists, send it to Accoil again.";
    case MatchDecision::NOT_CONNECTED:
      return RemedyForConnection(ConnectionState::CONNECTION_STATE_UNSPECIFIED);
    default:
      return "Wait a few seconds and look again.";
  }
}

std::string RemedyForSync(std::string_view reason_class) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kRemedies{{
      {"attribute_refused",
       "Remove what stands in the way in Intercom (Settings > Data), as the reason says: an "
       "attribute of that name with another type or on the other kind of object, or too many "
       "attributes. Or rename the profile or the trait. Then send it again."},
      {"cannot_archive",
       "In Intercom, remove what depends on the attribute (a segment, a workflow, a message), as "
       "the "
       "reason says, then try again; it is tried once a day by itself."},
      {"unknown_profile",
       "Create the profile, or correct the profile id in what sends the data. What has come is "
       "kept "
       "and sent when the profile exists."},
      {"value_refused",
       "Send a value that Intercom takes, as its reason says; or correct the attribute in Intercom "
       "and send it again."},
      {"value_unfit",
       "Send a value of the trait's type and length, or correct the trait's type in the profile's "
       "catalogue."},
      {"value_set_aside",
       "Send a value that fits what the reason says, or correct the trait's type in the profile's "
       "catalogue."},
      {"target_gone",
       "The contact or company was deleted, archived or merged in Intercom: it is looked for again "
       "by itself. Restore it there, or make sure that another has the user's email."},
      {"failing",
       "It is tried again by itself. If it goes on, look at the last error and at Intercom's "
       "status page."},
      {"waiting",
       "It goes when Intercom's limit of calls allows. If it goes on, look at what else uses the "
       "workspace's limit, or ask Intercom for a higher one."},
  }};
  for (const auto& [known, remedy] : kRemedies) {
    if (known == reason_class) return std::string(remedy);
  }
  return "Look at the reason, put right what it names and send it again.";
}

std::string RemedyForTagging(std::string_view reason_class) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kRemedies{{
      {"tag_refused",
       "Put right what Intercom's reason names: a tag of another spelling, or too many tags. Then "
       "try again, or change the rule's tag."},
      {"target_gone",
       "The contact or company was deleted, archived or merged in Intercom: restore it there, or "
       "make sure that another has the user's email, then try again."},
      {"failing",
       "It is tried again by itself. If it goes on, look at the last error and at Intercom's "
       "status page."},
      {"waiting",
       "The tag is given as soon as the user or account is matched with a contact or company; ask "
       "for the explanation of one of them to see what stands in the way."},
      {"rule_broken",
       "Change the rule so that it names traits that the profile's catalogue has, or put back into "
       "the catalogue what the rule needs."},
  }};
  for (const auto& [known, remedy] : kRemedies) {
    if (known == reason_class) return std::string(remedy);
  }
  return "Look at the reason, put right what it names and try again.";
}

std::string RemedyForSilence(std::string_view service) {
  return "Ask again shortly. If it goes on, whoever runs the suite should look at the service " +
         std::string(service) + ".";
}

}  // namespace accoil::gateway
