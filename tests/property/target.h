#pragma once

#include <string_view>
#include <vector>

namespace accoil::test {

/// A reader of bytes from outside, together with what must hold whatever it is given. Fuzzers
/// (tests/fuzz) and the tests of this folder give it the samples of tests/corpus/<name> and what
/// they make of them.
struct Target {
  std::string_view name;
  /// Answers whether the text is accepted, or throws core::InvalidArgument when it is refused, and
  /// std::logic_error when something is not as it must be.
  bool (*read)(std::string_view text);
};

/// All there are.
const std::vector<Target>& Targets();
/// Throws std::invalid_argument when there is none of that name.
const Target& TargetNamed(std::string_view name);

/// Whether the target accepts a text. Throws std::logic_error when something is not as it must be,
/// and whatever a reader should not have thrown.
bool Accepts(const Target& target, std::string_view text);

}  // namespace accoil::test
