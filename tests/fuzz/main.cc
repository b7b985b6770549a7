// The targets of tests/property under libFuzzer:
//
//   accoil-fuzz --target=NAME [libFuzzer's own options and folders]
//   accoil-fuzz --targets              names them, one a line
//   accoil-fuzz --target=NAME --judge=FOLDER
//       names the files of a folder as tests/corpus has them: good_… what is accepted, bad_… what
//       is refused
//
// libFuzzer leaves options that begin with two dashes to us.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/property/target.h"

namespace {

using accoil::test::Target;

const Target* target = nullptr;

std::string_view OptionOf(int argc, char** argv, std::string_view name) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument(argv[i]);
    if (argument.starts_with(name)) return argument.substr(name.size());
  }
  return {};
}

bool HasOption(int argc, char** argv, std::string_view option) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == option) return true;
  }
  return false;
}

void Judge(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry);
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const auto* verdict = accoil::test::Accepts(*target, text) ? "good_found_" : "bad_found_";
    constexpr std::size_t kDigits = 12;
    // libFuzzer's names are digests.
    std::filesystem::rename(path, folder / (verdict + path.filename().string().substr(0, kDigits)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  if (HasOption(*argc, *argv, "--targets")) {
    for (const auto& one : accoil::test::Targets())
      std::printf("%s\n", std::string(one.name).c_str());
    std::exit(0);
  }
  try {
    target = &accoil::test::TargetNamed(OptionOf(*argc, *argv, "--target="));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s; --targets names them\n", error.what());
    std::exit(2);
  }
  if (const auto folder = OptionOf(*argc, *argv, "--judge="); !folder.empty()) {
    Judge(folder);
    std::exit(0);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // What a target should not have thrown ends the process, which is how libFuzzer knows.
  accoil::test::Accepts(*target, {reinterpret_cast<const char*>(data), size});
  return 0;
}
