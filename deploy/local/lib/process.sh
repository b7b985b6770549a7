# Processes that outlive the script which started them. A process is known by its name:
# $state_dir/run/NAME.pid holds its pid, its start time (so that another process which was given the
# same pid is not taken for it) and a fingerprint of what it was started with;
# $state_dir/logs/NAME.log what it printed.
# shellcheck shell=bash

# Names of the processes that this script started, in order.
started_processes=()
# How long each one's log was when it was started.
declare -A log_start=()

# process_start_time PID: when the kernel started it, in ticks; nothing when there is no such
# process or it is a zombie.
process_start_time() {
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
  local fields
  read -ra fields <<<"${stat##*) }"
  # A process that ends between opening and reading the file leaves it empty.
  [[ ${fields[0]:-Z} == Z ]] || printf '%s' "${fields[19]}"
}

# process_pid NAME: its pid; nothing when it is not running.
process_pid() {
  local file=$state_dir/run/$1.pid pid start_time
  [[ -f $file ]] || return 0
  read -r pid start_time _ <"$file"
  [[ $(process_start_time "$pid") == "$start_time" ]] && printf '%s' "$pid"
  return 0
}

# process_fingerprint NAME: what it was started with.
process_fingerprint() {
  local fingerprint=''
  [[ -f $state_dir/run/$1.pid ]] && read -r _ _ fingerprint <"$state_dir/run/$1.pid"
  printf '%s' "$fingerprint"
}

# process_start NAME FINGERPRINT DIRECTORY COMMAND...: starts it detached from this shell. When
# process_environment has entries, NAME=VALUE, they are all of its environment: they do not pass
# through a command line, which everybody on the machine can read.
process_environment=()
process_start() {
  local name=$1 fingerprint=$2 directory=$3
  shift 3
  mkdir -p "$state_dir/run" "$state_dir/logs"
  log_start[$name]=$(stat -c %s -- "$state_dir/logs/$name.log" 2>/dev/null || echo 0)
  # Descriptor 9 is the lock of `up`, which must not be held by what it starts.
  (
    cd -- "$directory"
    if ((${#process_environment[@]})); then
      mapfile -t inherited < <(compgen -e)
      export -n "${inherited[@]}"
      export "${process_environment[@]}"
    fi
    exec setsid "$@"
  ) \
    </dev/null >>"$state_dir/logs/$name.log" 2>&1 9>&- &
  local pid=$!
  printf '%s %s %s\n' "$pid" "$(process_start_time "$pid")" "$fingerprint" \
    >"$state_dir/run/$name.pid"
  started_processes+=("$name")
}

# process_await NAME SECONDS PROBE...: waits until the probe succeeds. Answers 1 when the process
# ended before, 2 when time ran out.
process_await() {
  local name=$1 deadline=$((SECONDS + $2))
  shift 2
  while ! "$@" >/dev/null 2>&1; do
    [[ -n $(process_pid "$name") ]] || return 1
    ((SECONDS < deadline)) || return 2
    sleep 0.1
  done
}

# process_must_become_ready NAME SECONDS PROBE...: as process_await, but fails with the end of the
# log.
process_must_become_ready() {
  local name=$1 seconds=$2 outcome=0
  process_await "$@" || outcome=$?
  ((outcome)) || return 0
  tail -c "+$((${log_start[$name]:-0} + 1))" -- "$state_dir/logs/$name.log" | indent_tail 15
  if ((outcome == 1)); then
    fail "$name ended instead of becoming ready; its log is $state_dir/logs/$name.log"
  fi
  fail "$name was not ready after $seconds s; its log is $state_dir/logs/$name.log"
}

# process_stop NAME: asks it to end, waits, kills it when it does not.
process_stop() {
  local name=$1 pid deadline
  pid=$(process_pid "$name")
  if [[ -n $pid ]]; then
    local signal=TERM
    # PostgreSQL would wait for its clients on TERM.
    [[ $name == postgres ]] && signal=INT
    kill -s "$signal" "$pid" 2>/dev/null || true
    deadline=$((SECONDS + 20))
    while [[ -n $(process_pid "$name") ]]; do
      if ((SECONDS >= deadline)); then
        say "$name" 'does not end; killing it'
        kill -s KILL "$pid" 2>/dev/null || true
        deadline=$((SECONDS + 20))
      fi
      sleep 0.05
    done
  fi
  rm -f -- "$state_dir/run/$name.pid"
}

# process_stop_started: stops what this script started, last first.
process_stop_started() {
  local index
  for ((index = ${#started_processes[@]} - 1; index >= 0; index--)); do
    process_stop "${started_processes[index]}"
  done
  started_processes=()
}
