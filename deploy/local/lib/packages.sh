# The Debian 12 packages that building, running and testing need.
# shellcheck shell=bash
# shellcheck disable=SC2034  # read by the scripts that source this

readonly build_packages=(
  g++ cmake ninja-build ccache pkg-config
  catch2 libboost-dev libcli11-dev libcpprest-dev libfmt-dev libgrpc++-dev libjemalloc-dev
  libpqxx-dev libprotobuf-dev librdkafka-dev libspdlog-dev libssl-dev nlohmann-json3-dev
  prometheus-cpp-dev protobuf-compiler protobuf-compiler-grpc zlib1g-dev
)
readonly run_packages=(
  postgresql-15 postgresql-client-15 openjdk-17-jre-headless maven kcat curl python3 util-linux
)
readonly clang_packages=(clang-14 libclang-rt-14-dev llvm-14)
readonly monitoring_packages=(prometheus)
readonly test_packages=(
  chromium clang-format-14 haproxy openssl shellcheck
  python3-jsonschema python3-psycopg2 python3-pytest python3-requests python3-venv python3-yaml
)

# packages_missing PACKAGE...: those that are not installed, one a line.
packages_missing() {
  local installed package
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  for package in "$@"; do
    grep -qxF "installed $package" <<<"$installed" || printf '%s\n' "$package"
  done
}

# packages_install PACKAGE...: installs what is missing; does and says nothing when all is there.
packages_install() {
  command -v dpkg-query >/dev/null || fail 'this needs Debian 12: dpkg-query was not found'
  local missing
  mapfile -t missing < <(packages_missing "$@")
  ((${#missing[@]})) || return 0

  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      fail "packages are missing and there is no sudo; as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get -q)

  say packages "installing ${missing[*]}"
  mkdir -p "$local_dir/logs"
  local log=$local_dir/logs/packages.log
  : >"$log"
  # When the lists cannot be brought up to date, the ones that are there may still do.
  "${as_root[@]}" update >>"$log" 2>&1 || say packages 'apt-get update failed; trying without it'
  if ! "${as_root[@]}" install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    packages_explain_failure "$log" "${missing[@]}"
  fi
}

# packages_explain_failure LOG PACKAGE...: fails with the package that apt does not know, if it is
# that, else with apt's own words.
packages_explain_failure() {
  local log=$1 package unknown=()
  shift
  for package in "$@"; do
    apt-cache policy "$package" 2>/dev/null | grep -q 'Candidate: [^(]' || unknown+=("$package")
  done
  if ((${#unknown[@]})); then
    fail "apt cannot find ${unknown[*]} in this machine's sources (Debian 12 is needed)"
  fi
  fail "apt could not install the packages: $(grep -m 1 '^E: ' "$log" || tail -n 1 "$log")" \
    "(all of it in $log)"
}
