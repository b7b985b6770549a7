# The parts of tests/run. Each runs in a shell of its own with set -e, and leaves
# "PASSED FAILED SKIPPED" in $results_dir/NAME when it could count.
# shellcheck shell=bash
# shellcheck disable=SC2154  # set by tests/run and deploy/local/lib/settings.sh

part_build() {
  build_targets all
}

part_format() {
  local files
  mapfile -d '' -t files < <(cd -- "$root_dir" &&
    find libs services tests -type f \( -name '*.cc' -o -name '*.h' \) -print0)
  count_each format "${files[@]}" < <(cd -- "$root_dir" &&
    clang-format-14 --dry-run -Werror "${files[@]}" 2>&1)
}

part_shell() {
  local files
  mapfile -t files < <(cd -- "$root_dir" && grep -rlI -m 1 '^#!/bin/bash' deploy tests .ci)
  # The pieces that they source are checked with them (-x -a).
  count_each shell "${files[@]}" < <(cd -- "$root_dir" &&
    shellcheck -x -a --format=gcc "${files[@]}" 2>&1 | sort -u)
}

# count_each PART FILE...: shows the complaints on standard input, lines of the form FILE:LINE:…;
# a file that is complained of has failed.
count_each() {
  local part=$1 complaints failed
  shift
  complaints=$(cat)
  [[ -z $complaints ]] || printf '%s\n' "$complaints"
  failed=$(grep -oE '^[^ :]+:[0-9]+:' <<<"$complaints" | cut -d : -f 1 | sort -u | wc -l)
  # A complaint that names no file is one nevertheless.
  [[ -z $complaints ]] || ((failed > 0)) || failed=1
  printf '%d %d 0\n' $(($# - failed)) "$failed" >"$results_dir/$part"
  ((failed == 0))
}

part_unit() {
  run_ctest unit -j "$(nproc)"
}

part_integration() {
  servers_start integration
  run_ctest integration
}

# run_ctest LABEL [ctest argument...]: the Catch2 programs with this label.
run_ctest() {
  local label=$1 status=0
  shift
  ctest --test-dir "$build_dir" -L "^$label\$" --no-tests=error --output-on-failure "$@" ||
    status=$?
  "$root_dir/tests/lib/count.py" ctest "$build_dir/Testing/Temporary/LastTest.log" \
    >"$results_dir/$label"
  return "$status"
}

part_end_to_end() {
  servers_start end-to-end
  export ACCOIL_TEST_BIN_DIR=$bin_dir ACCOIL_TEST_KAFKA_LIB=$kafka_lib_dir
  local report=$results_dir/end-to-end.xml status=0
  rm -f -- "$report"
  (cd -- "$root_dir" &&
    /usr/bin/python3 -m pytest -p no:cacheprovider -ra --junitxml "$report" tests/end-to-end) ||
    status=$?
  "$root_dir/tests/lib/count.py" pytest "$report" >"$results_dir/end-to-end"
  return "$status"
}
