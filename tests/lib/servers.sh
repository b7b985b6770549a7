# The PostgreSQL and Kafka of one part of the tests: on free ports, with their state in a folder of
# their own below .local/, stopped when the shell that started them ends.
# shellcheck shell=bash
# shellcheck disable=SC2154  # set by deploy/local/lib/settings.sh

# servers_place NAME: makes the folder for their state; what runs in it is stopped when this shell
# ends.
servers_place() {
  state_dir=$local_dir/test-$1-$$
  mkdir -p "$state_dir/run" "$state_dir/logs"
  printf '%s %s\n' "$BASHPID" "$(process_start_time "$BASHPID")" >"$state_dir/run/owner"
  trap 'servers_stop' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  kafka_fetch
}

# servers_start NAME [SETTING...]: starts both and exports how the tests find them. Settings of
# PostgreSQL as name=value, which prevail over those set here.
servers_start() {
  local password ports
  servers_place "$1"
  shift
  password=$(head -c 16 /dev/urandom | base64 -w 0 | tr -d '+/=')
  mapfile -t ports < <("$deploy_dir/lib/ports.py" free 3)
  # The machine is not going to lose power under a test: no waiting for the disk.
  postgres_start "${ports[0]}" "$password" fsync=off synchronous_commit=off full_page_writes=off \
    "$@"
  kafka_start "${ports[1]}" "${ports[2]}"
  ACCOIL_TEST_POSTGRES_URL=$(postgres_url "${ports[0]}" "$postgres_superuser" "$password" postgres)
  export ACCOIL_TEST_POSTGRES_URL
  export ACCOIL_TEST_KAFKA_BROKERS=127.0.0.1:${ports[1]}
}

# servers_stop: stops what runs in state_dir; only its logs stay, in .local/test-results.
servers_stop() {
  local pid_file
  for pid_file in "$state_dir"/run/*.pid; do
    [[ -f $pid_file ]] && process_stop "$(basename -- "$pid_file" .pid)"
  done
  local kept
  kept=$local_dir/test-results/$(basename -- "${state_dir%-*}")-logs
  rm -rf -- "$kept"
  mv -- "$state_dir/logs" "$kept" 2>/dev/null || true
  rm -rf -- "$state_dir"
}

# servers_sweep: stops servers that were left by a run which was killed.
servers_sweep() {
  local folder pid start_time
  for folder in "$local_dir"/test-*-*/; do
    [[ -f $folder/run/owner ]] || continue
    read -r pid start_time <"$folder/run/owner"
    if [[ $(process_start_time "$pid") != "$start_time" ]]; then
      (
        # shellcheck disable=SC2030  # here alone, for servers_stop
        state_dir=${folder%/}
        say tests "clearing away what a killed run left in $state_dir"
        servers_stop
      )
    fi
  done
}
