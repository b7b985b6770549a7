# What people read: steps as they happen, one line each, and errors.
# shellcheck shell=bash

# say WHO WHAT: one line about a step of one of the processes or of the set-up itself.
say() {
  printf '%-18s %s\n' "$1" "${*:2}"
}

# fail WHAT: one line on standard error, then the end. Whoever started processes has a trap on EXIT
# that stops them again.
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# indent_tail LINES [FILE]: the last lines of a log, set off from our own, on standard error.
indent_tail() {
  tail -n "$1" -- "${2:--}" | cut -c 1-300 | sed 's/^/    | /' >&2
}
