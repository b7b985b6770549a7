#pragma once

#include <string>
#include <vector>

#include "accoil/connections/v1/connections.pb.h"
#include "accoil/matcher/v1/matcher.pb.h"
#include "accoil/tagging/v1/tagging.pb.h"
#include "accoil/traitsync/v1/traitsync.pb.h"
#include "libs/core/clock.h"
#include "services/gateway/said.h"

/// Why a user's or an account's data and tags are, or are not, in Intercom, in words. Pure: what
/// the services said goes in, what people read comes out.
namespace accoil::gateway {

/// What is known of one subject.
struct Findings {
  events::v1::Subject subject;
  /// Nothing said: the product was never connected.
  Said<connections::v1::Connection> connection;
  Said<connections::v1::ListProfilesResponse> profiles;
  /// Nothing said: the subject was never identified.
  Said<matcher::v1::Match> match;
  Said<traitsync::v1::ExplainSubjectResponse> sync;
  /// Nothing said: no rule and no tag is about the subject.
  Said<tagging::v1::ExplainSubjectResponse> tagging;
  core::TimePoint now;
};

/// One thing that keeps data from Intercom, or from being seen there.
struct Reason {
  /// For programs; stays the same.
  std::string code;
  std::string text;
  std::string remedy;
  /// Whether it is why something that should be in Intercom is not; else it only explains what is
  /// not meant to be there, or where to look.
  bool blocks = false;
};

enum class InIntercom { kNo, kPartly, kYes, kUnknown };

struct Explanation {
  InIntercom in_intercom = InIntercom::kUnknown;
  /// One paragraph: what is there, why the rest is not, what helps.
  std::string answer;
  /// What blocks first, then what explains.
  std::vector<Reason> reasons;
};

Explanation Explain(const Findings& findings);

/// A profile of the product as far as it concerns a subject: connections' word on its settings,
/// trait-sync's on what the subject has in it.
struct ProfileOfSubject {
  std::string profile_id;
  /// The id where there is no name.
  std::string name;
  events::v1::SyncMode sync_mode = events::v1::SYNC_MODE_UNSPECIFIED;
  bool summary = false;
  /// Data came for it and the product has no such profile.
  bool unknown = false;
  std::int64_t traits = 0;
  std::vector<std::string> segments;

  bool has_data() const { return traits > 0 || !segments.empty(); }
};

/// In order of their ids. When connections is silent, those that trait-sync knows.
std::vector<ProfileOfSubject> ProfilesOf(const Findings& findings);

}  // namespace accoil::gateway
