# The parts of tests/run. Each runs in a shell of its own with set -e, and leaves
# "PASSED FAILED SKIPPED" in $results_dir/NAME when it could count.
# shellcheck shell=bash
# shellcheck disable=SC2031,SC2154  # set by tests/run and deploy/local/lib/settings.sh

part_build() {
  build_targets all
}

part_format() {
  cd -- "$root_dir"
  local files complaints=0
  mapfile -t files < <(find libs services tests -type f \( -name '*.cc' -o -name '*.h' \))
  clang-format-14 --dry-run -Werror "${files[@]}" || complaints=1
  record format $((1 - complaints)) "$complaints" 0
}

part_scripts() {
  cd -- "$root_dir"
  local files complaints=0 report=$results_dir/scripts.xml passed failed skipped
  mapfile -t files < <(grep -rlIE -m 1 '^#!/bin/(ba)?sh' deploy helm tests .ci)
  # The pieces that they source are checked with them (-x -a).
  shellcheck -x -a --format=gcc "${files[@]}" || complaints=1
  run_pytest "$report" deploy/local/lib tests/lib || true
  read -r passed failed skipped < <("$root_dir/tests/lib/count.py" pytest "$report")
  record scripts $((passed + 1 - complaints)) $((failed + complaints)) "$skipped"
}

part_monitoring() {
  local report=$results_dir/monitoring.xml status=0
  run_pytest "$report" tests/monitoring || status=$?
  "$root_dir/tests/lib/count.py" pytest "$report" >"$results_dir/monitoring"
  return "$status"
}

# record PART PASSED FAILED SKIPPED: fails when something failed.
record() {
  printf '%d %d %d\n' "${@:2}" >"$results_dir/$1"
  (($3 == 0))
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
  local test_python
  python_install browser
  servers_start end-to-end
  export ACCOIL_TEST_BIN_DIR=$bin_dir ACCOIL_TEST_KAFKA_LIB=$kafka_lib_dir
  local report=$results_dir/end-to-end.xml status=0
  run_pytest "$report" tests/end-to-end || status=$?
  "$root_dir/tests/lib/count.py" pytest "$report" >"$results_dir/end-to-end"
  return "$status"
}

part_faults() {
  local report=$results_dir/faults.xml status=0 passed failed skipped
  run_pytest "$report" tests/faults || status=$?
  read -r passed failed skipped < <("$root_dir/tests/lib/count.py" pytest "$report")
  if ((status == 0)); then
    # It starts its own servers, again and again.
    servers_place faults
    ACCOIL_TEST_BIN_DIR=$bin_dir ACCOIL_FAULTS_STATE=$state_dir \
      ACCOIL_FAULTS_LOGS=$results_dir/faults-logs PYTHONDONTWRITEBYTECODE=1 \
      /usr/bin/python3 "$root_dir/tests/faults/driver.py" "${faults_options[@]}" || status=$?
    if ((status)); then ((++failed)); else ((++passed)); fi
  fi
  record faults "$passed" "$failed" "$skipped"
}

part_load() {
  local failed=0
  servers_start load
  export ACCOIL_TEST_BIN_DIR=$bin_dir
  PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$root_dir/tests/load/measure.py" --smoke || failed=1
  record load $((1 - failed)) "$failed" 0
}

part_images() {
  if ((EUID != 0)); then
    say images 'skipped: only root can make and mount file systems (sudo tests/run images)'
    record images 0 0 1
    return
  fi
  packages_install "${image_packages[@]}"
  local report=$results_dir/images.xml status=0
  rm -f -- "$report"
  python_install manifests
  export test_python
  servers_start images
  # Whatever is mounted is gone when this ends, however it ends.
  unshare --mount --propagation private "$root_dir/tests/images/inside" "$report" || status=$?
  # Without a report the image could not even be built.
  [[ ! -f $report ]] || "$root_dir/tests/lib/count.py" pytest "$report" >"$results_dir/images"
  return "$status"
}

part_helm() {
  packages_install "${helm_packages[@]}"
  local report=$results_dir/helm.xml status=0 test_python
  helm_install
  python_install manifests
  export ACCOIL_TEST_HELM=$helm_program ACCOIL_TEST_BIN_DIR=$bin_dir
  run_pytest "$report" tests/helm || status=$?
  "$root_dir/tests/lib/count.py" pytest "$report" >"$results_dir/helm"
  return "$status"
}

# run_pytest REPORT FOLDER...: with test_python, where that is set, else with Debian's.
run_pytest() {
  local report=$1
  shift
  rm -f -- "$report"
  (cd -- "$root_dir" &&
    PYTHONDONTWRITEBYTECODE=1 "${test_python:-/usr/bin/python3}" -m pytest -p no:cacheprovider -ra \
      --junitxml "$report" "$@")
}
