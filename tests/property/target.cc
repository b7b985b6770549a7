#include "tests/property/target.h"

#include <algorithm>
#include <stdexcept>

#include "libs/core/errors.h"
#include "tests/property/targets.h"

namespace accoil::test {

const std::vector<Target>& Targets() {
  static const std::vector<Target> all = [] {
    std::vector<Target> targets;
    for (const auto& some :
         {GatewayTargets(), HttpTargets(), EventTargets(), IntercomTargets(), TextTargets()}) {
      targets.insert(targets.end(), some.begin(), some.end());
    }
    return targets;
  }();
  return all;
}

const Target& TargetNamed(std::string_view name) {
  const auto& all = Targets();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Target& target) { return target.name == name; });
  if (found == all.end()) throw std::invalid_argument("there is no target " + std::string(name));
  return *found;
}

bool Accepts(const Target& target, std::string_view text) {
  try {
    return target.read(text);
  } catch (const core::InvalidArgument& refusal) {
    Demand(!refusal.problem().empty(), "was refused without a word");
    return false;
  }
}

}  // namespace accoil::test
