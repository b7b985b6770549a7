#pragma once

#include <string>
#include <string_view>

/// Only for the .cc files of this library: what its connections have in common.
namespace accoil::postgres {

/// The url with time-outs that it does not set itself: a server that vanished without a word must
/// not hold a thread for minutes.
std::string WithDefaults(std::string url);

/// libpqxx's what() of a refused connection names host and port but never the password.
std::string FirstLine(std::string_view text);

}  // namespace accoil::postgres
