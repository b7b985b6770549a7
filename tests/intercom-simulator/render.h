#pragma once

#include <string>
#include <vector>

#include "tests/intercom-simulator/workspace.h"

/// Objects as JSON text, as Intercom writes them. Written by hand because pages of 150 contacts are
/// most of what the simulator sends.
namespace accoil::simulator {

std::string ContactJson(const Contact& contact, const Workspace& workspace,
                        const std::string& id_code);
std::string CompanyJson(const Company& company, const Workspace& workspace,
                        const std::string& id_code);
std::string TagJson(const Tag& tag);

/// {"type":"list","data":[…],"total_count":…,"pages":{…}} with a cursor to the next page.
/// `starting_after` is where this page began.
std::string ContactListJson(const Page<ContactPtr>& page, std::size_t per_page,
                            const Workspace& workspace, const std::string& id_code);

/// The same with numbered pages; `next` links to the one after this, if there is one.
std::string NumberedListJson(const std::vector<std::string>& items, std::size_t page,
                             std::size_t per_page, std::size_t total, const std::string& next_url);

/// {"type":"list","data":[…]}
std::string PlainListJson(const std::vector<std::string>& items);

/// A JSON string with its quotes; `text` is UTF-8.
std::string Quoted(std::string_view text);

}  // namespace accoil::simulator
