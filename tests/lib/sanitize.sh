# Building and running under the compiler's sanitizers, each in a build folder of its own beside
# build_dir: address (with undefined behaviour and leaks; by Clang, so that tests/run fuzz shares the
# build) and thread.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # set by tests/run and deploy/local/lib/settings.sh, and read there

part_sanitize_address() {
  packages_install "${clang_packages[@]}"
  sanitize address asan
}

part_sanitize_thread() {
  sanitize thread tsan
}

# sanitize NAME PRESET: unit and integration tests, and every program from start to stop.
sanitize() {
  local name=sanitize-$1 preset=$2 outer_results_dir=$results_dir
  build_preset=$preset
  build_dir=$(dirname -- "$build_dir")/$preset
  bin_dir=$build_dir/bin
  results_dir=$outer_results_dir/$name.d
  mkdir -p "$results_dir"
  build_targets all
  sanitize_options

  local step passed=0 failed=0 skipped=0 counted
  for step in unit integration stops; do
    rm -f -- "$results_dir/$step"
    # As run_part does: not in an if, where set -e is off.
    set +e
    (
      set -e
      "sanitize_$step"
    )
    local status=$?
    set -e
    counted=(0 0 0)
    [[ -f $results_dir/$step ]] && read -ra counted <"$results_dir/$step"
    ((status == 0 || counted[1] > 0)) || counted[1]=1
    passed=$((passed + counted[0]))
    failed=$((failed + counted[1]))
    skipped=$((skipped + counted[2]))
    say "$name" "$step: ${counted[0]} passed, ${counted[1]} failed"
  done
  results_dir=$outer_results_dir
  record "$name" "$passed" "$failed" "$skipped"
}

# Whatever a sanitizer finds ends the program with a status that is not 0.
sanitize_options() {
  local folder=$root_dir/tests/sanitizers
  local options=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
  export ASAN_OPTIONS=$options:check_initialization_order=1:external_symbolizer_path=/usr/bin/llvm-symbolizer-14
  export LSAN_OPTIONS=suppressions=$folder/lsan.supp:print_suppressions=0
  export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
  options=suppressions=$folder/tsan.supp:halt_on_error=0:second_deadlock_stack=1
  export TSAN_OPTIONS=$options:history_size=4
}

sanitize_unit() {
  run_ctest unit
}

sanitize_integration() {
  servers_start "$preset-integration"
  run_ctest integration
}

# Every program is started, used, and asked to stop.
sanitize_stops() {
  local test_python report=$results_dir/stops.xml status=0
  python_install browser
  servers_start "$preset-stops"
  export ACCOIL_TEST_BIN_DIR=$bin_dir ACCOIL_TEST_KAFKA_LIB=$kafka_lib_dir
  run_pytest "$report" tests/sanitizers || status=$?
  "$root_dir/tests/lib/count.py" pytest "$report" >"$results_dir/stops"
  return "$status"
}
