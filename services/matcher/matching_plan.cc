#include "services/matcher/matching_plan.h"

#include <algorithm>

namespace accoil::matcher {
namespace {

// Where the size of the workspace is unknown, so few calls are made without asking for it.
constexpr std::int64_t kTooFewToProbe = 2;
// While users stream in, those of one round are a part of what is to come: reading everything may
// cost so many times what searching for these alone would.
constexpr std::int64_t kStreamingWorth = 4;

}  // namespace

std::int64_t PagesOf(std::int64_t items, std::int64_t per_page) {
  return std::max<std::int64_t>(1, (items + per_page - 1) / per_page);
}

ContactMethod ChooseContactMethod(const ContactNeed& need, std::int64_t contacts_per_page) {
  const bool streaming = need.streaming && !need.read_lately;
  const auto worth =
      streaming ? kStreamingWorth * (need.searches + need.searches_before) : need.searches;
  if (worth <= kTooFewToProbe) return ContactMethod::kSearch;
  if (!need.contacts) return ContactMethod::kProbe;
  return worth < PagesOf(*need.contacts, contacts_per_page) ? ContactMethod::kSearch
                                                            : ContactMethod::kPaging;
}

bool ListCompaniesFirst(const CompanyNeed& need) {
  if (need.listed_lately) return false;
  const auto worth = need.unknown + need.reads_before;
  if (!need.companies || !need.per_page) return worth > kTooFewToProbe;
  return worth > PagesOf(std::min(*need.companies, kListReaches), *need.per_page);
}

bool ListNextPage(std::int64_t still_unknown, std::int64_t pages_left) {
  return still_unknown > pages_left;
}

}  // namespace accoil::matcher
