#include "tests/property/corpus.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace accoil::test {

std::vector<Sample> Corpus(std::string_view folder) {
  const auto path = std::filesystem::path(ACCOIL_CORPUS_DIR) / folder;
  std::vector<Sample> samples;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    std::ifstream file(entry.path(), std::ios::binary);
    Sample sample{entry.path().filename().string(),
                  {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()}};
    if (!sample.good() && !sample.name.starts_with("bad")) {
      throw std::runtime_error("a sample that is neither good nor bad: " + entry.path().string());
    }
    samples.push_back(std::move(sample));
  }
  if (samples.empty()) throw std::runtime_error("no samples in " + path.string());
  std::sort(samples.begin(), samples.end(),
            [](const Sample& a, const Sample& b) { return a.name < b.name; });
  return samples;
}

}  // namespace accoil::test
