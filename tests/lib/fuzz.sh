# Coverage-guided fuzzing of every parser of bytes from outside, by Clang's libFuzzer.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # set by tests/run and deploy/local/lib/settings.sh, and read there

# fuzz_arguments [--minutes N] [--keep] [TARGET...]: what part_fuzz is going to do.
fuzz_arguments() {
  fuzz_minutes=10 fuzz_keep='' fuzz_targets=()
  while (($#)); do
    case $1 in
      --minutes)
        [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || fail '--minutes needs a number of minutes'
        fuzz_minutes=$2
        shift
        ;;
      --keep) fuzz_keep=yes ;;
      -*) fail "fuzz has no option $1" ;;
      *) fuzz_targets+=("$1") ;;
    esac
    shift
  done
}

part_fuzz() {
  packages_install "${clang_packages[@]}"
  # With the address sanitizer's build, which is instrumented for both.
  build_preset=asan
  build_dir=$(dirname -- "$build_dir")/asan
  build_targets accoil-fuzz
  local program=$build_dir/bin/accoil-fuzz target failed=0 passed=0 known
  mapfile -t known < <("$program" --targets)
  ((${#fuzz_targets[@]})) || fuzz_targets=("${known[@]}")
  # Deep nesting is refused, not recursed into; a leak is a finding.
  export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
  for target in "${fuzz_targets[@]}"; do
    [[ " ${known[*]} " == *" $target "* ]] || fail "there is no target $target, only ${known[*]}"
    if fuzz_target "$target"; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
    fi
  done
  record fuzz "$passed" "$failed" 0
}

# fuzz_target NAME: from the samples of tests/corpus and what earlier runs have found.
fuzz_target() {
  local target=$1 found=$local_dir/fuzz/$1 log=$results_dir/fuzz-$1.log status=0 executions
  mkdir -p "$found/corpus" "$found/problems"
  "$program" --target="$target" -max_total_time=$((fuzz_minutes * 60)) -max_len=65536 -timeout=20 \
    -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$found/problems/" \
    "$found/corpus" "$root_dir/tests/corpus/$target" >"$log" 2>&1 || status=$?
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  if ((status != 0)); then
    say fuzz "$target FAILED after ${executions:-some} executions: $log"
    grep -E -m 3 'ERROR|runtime error|terminate|what\(\)' "$log" | cut -c 1-300 >&2
    return 1
  fi
  say fuzz "$target: $executions executions in $fuzz_minutes min, nothing found"
  [[ -z $fuzz_keep ]] || fuzz_keep "$target" "$found"
}

# fuzz_keep NAME FOLDER: what a run has found goes to tests/corpus as far as it reaches code that the
# samples there do not, in as few files as possible.
fuzz_keep() {
  local target=$1 found=$2 kept
  kept=$(mktemp -d)
  cp -- "$root_dir/tests/corpus/$target"/* "$kept"
  # Edges alone: how often each is passed would keep ten times as much.
  "$program" --target="$target" -set_cover_merge=1 -use_counters=0 -max_len=1024 "$kept" "$found/corpus" \
    >"$results_dir/fuzz-$target-merge.log" 2>&1
  (cd -- "$root_dir/tests/corpus/$target" && for file in *; do rm -- "$kept/$file"; done)
  "$program" --target="$target" --judge="$kept"
  find "$kept" -type f -exec cp -t "$root_dir/tests/corpus/$target" -- {} +
  rm -rf -- "$kept"
}
