#pragma once

#include <cstdint>
#include <optional>

/// Which way of asking Intercom is the cheaper one, in calls. No I/O.
namespace accoil::matcher {

/// What is to be found, and what is known of the workspace.
struct ContactNeed {
  /// Searches that would find all that is asked for.
  std::int64_t searches = 0;
  /// Contacts of the workspace; nothing when it never told.
  std::optional<std::int64_t> contacts;
  /// Searches made in the last while that reading all contacts would have spared.
  std::int64_t searches_before = 0;
  /// Users keep coming: what is read now answers for those who come next.
  bool streaming = false;
  /// All contacts were read a short while ago: what is asked for now was not among them.
  bool read_lately = false;
};

enum class ContactMethod {
  /// Search by IN filters.
  kSearch,
  /// Page through all contacts.
  kPaging,
  /// Unknown which is cheaper: read the first page, which tells how many there are, then choose
  /// again.
  kProbe,
};

/// Chooses the cheaper. While users stream in, reading everything is taken from a quarter of its
/// price on, earlier searches counted in: whoever comes in the next minutes is then known already.
ContactMethod ChooseContactMethod(const ContactNeed& need, std::int64_t contacts_per_page);

/// Calls to page through so many; at least one.
std::int64_t PagesOf(std::int64_t items, std::int64_t per_page);

/// What is to be known of companies, and what is known of the workspace.
struct CompanyNeed {
  /// Companies whose details are unknown.
  std::int64_t unknown = 0;
  std::optional<std::int64_t> companies;
  std::optional<std::int64_t> per_page;
  /// Single reads made in the last while that a list would have spared.
  std::int64_t reads_before = 0;
  /// The list was read a short while ago: those asked for now were not on it.
  bool listed_lately = false;
};

/// Whether to read the list of companies (or its first page, when its length is unknown) before
/// single ones.
bool ListCompaniesFirst(const CompanyNeed& need);

/// Whether to read the next page of the list: more are still unknown than there are pages to read.
bool ListNextPage(std::int64_t still_unknown, std::int64_t pages_left);

/// How many companies the list reaches.
/// https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies
constexpr std::int64_t kListReaches = 10'000;

}  // namespace accoil::matcher
