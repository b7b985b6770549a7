#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace accoil::test {

/// A text of tests/corpus. Those whose names begin with "good" must be accepted by the folder's
/// parser, those with "bad" refused. A text that once broke something is kept there for good.
struct Sample {
  std::string name;
  std::string text;
  bool good() const { return name.starts_with("good"); }
};

/// The samples of a folder of tests/corpus, in the order of their names. Throws std::runtime_error
/// when there are none, or one that is neither good nor bad.
std::vector<Sample> Corpus(std::string_view folder);

}  // namespace accoil::test
