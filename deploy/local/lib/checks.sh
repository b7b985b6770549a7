# What can be known to go wrong before anything is started.
# shellcheck shell=bash

# check_place: the folder can be written by us.
check_place() {
  if ! mkdir -p "$local_dir/logs" "$local_dir/run" 2>/dev/null || [[ ! -w $local_dir/run ]]; then
    fail "$local_dir cannot be written by $(id -un)"
  fi
  local data_dir=$local_dir/postgres owner
  owner=$(id -un)
  ((EUID != 0)) || owner=postgres
  if [[ -d $data_dir && $(stat -c %U -- "$data_dir") != "$owner" ]]; then
    fail "$data_dir belongs to $(stat -c %U -- "$data_dir"), not to $owner: the set-up was used by" \
      "another user; use it as that user, or have them run deploy/local/down --wipe"
  fi
}

# check_disk: room for a build that has not been made yet, and for data.
check_disk() {
  local needed_gb=1 folder available_kb
  [[ -f $build_dir/build.ninja ]] || needed_gb=4
  for folder in "$root_dir" "$local_dir"; do
    available_kb=$(df -Pk -- "$folder" | awk 'END { print $4 }')
    ((available_kb >= needed_gb * 1024 * 1024)) ||
      fail "no disk: $((available_kb / 1024)) MB are free at $folder, $needed_gb GB are needed"
  done
}

# check_ports: nobody else listens where a process of ours that does not run yet is going to.
check_ports() {
  local name owner wanted=() taken=() number holder
  for name in "${!port[@]}"; do
    owner=${name%-grpc}
    owner=${owner%-admin}
    owner=${owner%-controller}
    case $owner in
      kafka) [[ $kafka_place == local ]] || continue ;;
      postgres) [[ $postgres_place == local ]] || continue ;;
      simulator) [[ $intercom_place == local ]] || continue ;;
      prometheus) ((${with_monitoring:-0})) || continue ;;
    esac
    # What runs on another port than it should is going to be started anew.
    [[ -n $(process_pid "$owner") && ${last_port[$name]:-} == "${port[$name]}" ]] ||
      wanted+=("${port[$name]}")
  done
  local twice
  twice=$(printf '%s\n' "${port[@]}" | sort | uniq -d | head -n 1)
  [[ -z $twice ]] || fail "port $twice is given to two of $(port_variables_of "$twice")"
  ((${#wanted[@]})) || return 0
  mapfile -t taken < <("$deploy_dir/lib/ports.py" taken "${wanted[@]}")
  ((${#taken[@]})) || return 0
  local message=''
  for holder in "${taken[@]}"; do
    number=${holder%% *}
    message+="${message:+; }port $number is taken by ${holder#* }, change it with"
    message+=" $(port_variables_of "$number")=PORT"
  done
  fail "$message"
}

# port_variables_of PORT: the variables that give this port.
port_variables_of() {
  local name variables=()
  for name in "${!port[@]}"; do
    [[ ${port[$name]} == "$1" ]] && variables+=("${port_variable[$name]}")
  done
  printf '%s' "${variables[*]}"
}
