# Building with the release preset, or with $build_preset, into $build_dir.
# shellcheck shell=bash

# build_targets TARGET...: brings them up to date; quick when they are.
build_targets() {
  local log=$local_dir/logs/build.log
  mkdir -p "$local_dir/logs"
  if [[ ! -f $build_dir/build.ninja ]]; then
    say build "configuring in $build_dir"
    (cd -- "$root_dir" && cmake --preset "${build_preset:-release}" -B "$build_dir") >"$log" 2>&1 ||
      build_failed "$log"
  fi
  local pending
  # A dry run also shows whether there is anything to say.
  pending=$(ninja -C "$build_dir" -n "$@" 2>/dev/null | tail -n 1) || pending=unknown
  if [[ $pending == *'no work to do'* ]]; then
    return 0
  fi
  say build "building $* with $(nproc) jobs"
  if [[ -t 1 ]]; then
    # With Ninja's own progress line.
    ninja -C "$build_dir" -j "$(nproc)" "$@" ||
      fail 'the build failed; the compiler says why above'
  else
    ninja -C "$build_dir" -j "$(nproc)" "$@" >"$log" 2>&1 || build_failed "$log"
  fi
}

build_failed() {
  grep -E -A 12 'FAILED:|error|CMake Error' "$1" | head -n 40 | cut -c 1-300 |
    sed 's/^/    | /' >&2
  fail "the build failed; all of it is in $1"
}
