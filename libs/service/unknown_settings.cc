#include "libs/service/unknown_settings.h"

#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <regex>

#include "libs/service/suite_settings.h"

namespace accoil::service {
namespace {

constexpr std::string_view kPrefix = "ACCOIL_";
constexpr std::string_view kFile = "_FILE";
constexpr auto kToolPrefixes = std::to_array<std::string_view>(
    {"ACCOIL_BUILD_", "ACCOIL_COMMIT", "ACCOIL_FAULTS_", "ACCOIL_GATEWAY_PORT", "ACCOIL_IMAGE_",
     "ACCOIL_LOAD_", "ACCOIL_LOCAL_", "ACCOIL_SIMULATOR_", "ACCOIL_TEST_"});

bool IsServiceLink(const Variable& variable) {
  static const std::regex names(R"(ACCOIL_\w+_SERVICE_(HOST|PORT(_\w+)?))"
                                R"(|ACCOIL_\w+_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)");
  static const std::regex addresses(R"((tcp|udp|sctp)://.*)");
  return std::regex_match(variable.name, names) ||
         (variable.name.ends_with("_PORT") && std::regex_match(variable.value, addresses));
}

/// How many letters have to be put in, taken out, replaced or swapped with the next one to make one
/// of the other.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> costs(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) costs[i][0] = i;
  std::iota(costs[0].begin(), costs[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = costs[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      costs[i][j] = std::min({replaced, costs[i - 1][j] + 1, costs[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        costs[i][j] = std::min(costs[i][j], costs[i - 2][j - 2] + 1);
      }
    }
  }
  return costs[a.size()][b.size()];
}

/// The name that is nearest, if it is near enough to have been meant; empty when none is.
template <typename Names, typename NameOf>
std::string Nearest(std::string_view name, const Names& names, NameOf name_of) {
  // Without the prefix, which is right already. A third of the letters: ACCOIL_MATCH_INTERVL, but
  // also ACCOIL_POSTGRES_POOL for ACCOIL_POSTGRES_POOL_SIZE.
  name.remove_prefix(kPrefix.size());
  auto least = name.size() / 3 + 1;
  std::string nearest;
  for (const auto& one : names) {
    const std::string_view known = name_of(one);
    const auto distance = Distance(name, known.substr(kPrefix.size()));
    if (distance >= least) continue;
    least = distance;
    nearest = known;
  }
  return nearest;
}

}  // namespace

std::vector<Variable> ProcessVariables() {
  std::vector<Variable> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.push_back(
        {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))});
  }
  return variables;
}

std::vector<std::string> UnknownSettings(const std::vector<Variable>& variables,
                                         const std::vector<core::Setting>& own) {
  const auto own_name = [](const core::Setting& setting) -> std::string_view {
    return setting.name;
  };
  const auto itself = [](std::string_view name) { return name; };
  const auto is_in = [](const auto& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto known = [&](std::string_view name) {
    return is_in(kSuiteSettings, name) ||
           (name.ends_with(kFile) &&
            is_in(kSuiteSecrets, name.substr(0, name.size() - kFile.size()))) ||
           std::any_of(own.begin(), own.end(),
                       [&](const auto& setting) { return setting.name == name; });
  };
  std::vector<std::string> problems;
  for (const auto& variable : variables) {
    const auto& name = variable.name;
    const bool for_tools =
        std::any_of(kToolPrefixes.begin(), kToolPrefixes.end(),
                    [&](std::string_view prefix) { return name.starts_with(prefix); });
    if (!name.starts_with(kPrefix) || for_tools || known(name) || IsServiceLink(variable)) continue;
    auto meant = Nearest(name, own, own_name);
    if (meant.empty()) meant = Nearest(name, kSuiteSettings, itself);
    problems.push_back(name + ": no such setting" +
                       (meant.empty() ? std::string() : "; did you mean " + meant + "?"));
  }
  std::sort(problems.begin(), problems.end());
  return problems;
}

}  // namespace accoil::service
