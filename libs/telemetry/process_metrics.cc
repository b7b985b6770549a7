#include "libs/telemetry/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace accoil::telemetry {
namespace {

std::string ReadAll(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

/// /proc/self/stat as far as it is used; see proc(5).
struct Stat {
  double processor_ticks = 0;
  double threads = 0;
  double started_ticks = 0;
  double resident_pages = 0;
  bool read = false;
};

Stat ReadStat() {
  Stat stat;
  const auto text = ReadAll("/proc/self/stat");
  // The name, in parentheses, may hold anything.
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return stat;
  std::istringstream rest(text.substr(name_end + 1));
  std::string state;
  rest >> state;
  // From the fourth field of proc(5) on.
  double value = 0;
  for (int field = 4; field <= 24 && rest >> value; ++field) {
    if (field == 14 || field == 15) stat.processor_ticks += value;
    if (field == 20) stat.threads = value;
    if (field == 22) stat.started_ticks = value;
    if (field == 24) {
      stat.resident_pages = value;
      stat.read = true;
    }
  }
  return stat;
}

/// Unix seconds at which the machine was started; 0 when the kernel does not say.
double BootTime() {
  std::istringstream lines(ReadAll("/proc/stat"));
  std::string line;
  while (std::getline(lines, line)) {
    constexpr std::string_view kName = "btime ";
    if (line.starts_with(kName)) return std::stod(line.substr(kName.size()));
  }
  return 0;
}

}  // namespace

ProcessMetrics::ProcessMetrics(Metrics& metrics)
    : resident_memory_(metrics.MakeGauge("process_resident_memory_bytes",
                                         "Memory of the process that is in RAM.")),
      open_files_(metrics.MakeGauge("process_open_fds", "Open file descriptors.")),
      most_open_files_(
          metrics.MakeGauge("process_max_fds", "File descriptors that may be open at once.")),
      threads_(metrics.MakeGauge("process_threads", "Threads of the process.")),
      started_(metrics.MakeGauge("process_start_time_seconds",
                                 "When the process was started, in Unix time.")),
      processor_(
          metrics.MakeCounter("process_cpu_seconds_total",
                              "Processor time used, by the process and the kernel for it.")) {
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  started_.Set(BootTime() + ReadStat().started_ticks / ticks);
  Refresh();
}

void ProcessMetrics::Refresh() {
  if (const auto stat = ReadStat(); stat.read) {
    resident_memory_.Set(stat.resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)));
    threads_.Set(stat.threads);
    const auto seconds = stat.processor_ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
    processor_.Increment(seconds - processor_seconds_);
    processor_seconds_ = seconds;
  }
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  // Less the one that lists them.
  if (!error) open_files_.Set(static_cast<double>(std::distance(begin(files), end(files)) - 1));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    most_open_files_.Set(static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace accoil::telemetry
