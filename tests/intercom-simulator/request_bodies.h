#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/intercom-simulator/data_attributes.h"
#include "tests/intercom-simulator/settings.h"
#include "tests/intercom-simulator/workspace.h"

/// Reads and checks the bodies and queries of requests. Pure; what is wrong is an ApiError.
namespace accoil::simulator {

/// A body as JSON, which must be an object.
nlohmann::json ParseBody(const std::string& body);

ContactChanges ReadContactChanges(const nlohmann::json& body, const DataAttributes& attributes,
                                  const Settings& settings);
CompanyChanges ReadCompanyChanges(const nlohmann::json& body, const DataAttributes& attributes,
                                  const Settings& settings);

/// A member that must be a string that is not empty; a number is taken as its digits, as Intercom
/// does for ids.
std::string RequiredText(const nlohmann::json& body, const char* name);

/// What POST /tags asks for.
struct TagRequest {
  /// Of the tag to rename; empty for none.
  std::string id;
  std::string name;
  /// Contacts to tag by id.
  std::vector<TagEntry> users;
  /// Companies to tag by id; `company_ids` by company_id.
  std::vector<TagEntry> companies;
  std::vector<TagEntry> company_ids;
};
TagRequest ReadTagRequest(const nlohmann::json& body, const Settings& settings);

/// A number of the query from 1 to `most`.
std::size_t PageNumber(const std::map<std::string, std::string>& query, const char* name,
                       std::size_t fallback, std::size_t most);

/// Where a page of search results begins and how long it is, from a search's "pagination".
struct Cursor {
  std::size_t per_page = 50;
  std::string starting_after;
};
Cursor ReadCursor(const nlohmann::json& pagination);

}  // namespace accoil::simulator
