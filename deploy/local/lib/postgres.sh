# A PostgreSQL 15 cluster of our own, on loopback, never as root.
# shellcheck shell=bash

readonly postgres_bin_dir=/usr/lib/postgresql/15/bin
readonly postgres_superuser=accoil_admin
# The server gets its data folder as an open descriptor and knows it by this name, so that it need
# not be able to reach the checkout by path: the system user postgres may not enter, say, /root.
readonly postgres_data_path=/proc/self/fd/8

# as_postgres COMMAND...: runs it as the system user postgres when we are root.
as_postgres() {
  if ((EUID == 0)); then
    setpriv --reuid=postgres --regid=postgres --init-groups "$@"
  else
    "$@"
  fi
}

# postgres_create PASSWORD: makes the cluster in $state_dir/postgres unless it is there.
postgres_create() {
  local password=$1 data_dir=$state_dir/postgres log=$state_dir/logs/postgres.log
  [[ -f $data_dir/PG_VERSION ]] && return 0
  say postgres "creating a cluster in $data_dir"
  mkdir -p "$state_dir/logs"
  # A cluster without PG_VERSION was not finished.
  rm -rf -- "$data_dir"
  mkdir -m 700 -- "$data_dir"
  if ((EUID == 0)); then
    chown postgres:postgres "$data_dir"
  fi
  # The password goes through a pipe that the user postgres opens itself: no file, no argument.
  # shellcheck disable=SC2016  # expanded by the inner shell
  (cd / && as_postgres bash -c '
      IFS= read -r password
      exec "$1" --pgdata="$2" --username="$3" --pwfile=<(printf "%s\n" "$password") \
        --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8' \
    create-cluster "$postgres_bin_dir/initdb" "$postgres_data_path" "$postgres_superuser" \
    8<"$data_dir" <<<"$password" >>"$log" 2>&1) || {
    rm -rf -- "$data_dir"
    indent_tail 10 "$log"
    fail "PostgreSQL's cluster could not be created in $data_dir"
  }
}

# postgres_start PORT PASSWORD [SETTING...]: makes the cluster if need be and starts it; settings
# as name=value, which prevail over those set here. Does nothing when it runs.
postgres_start() {
  local listen_port=$1 password=$2 setting arguments=()
  shift 2
  if [[ -n $(process_pid postgres) ]]; then
    [[ $(process_fingerprint postgres) == "$listen_port" ]] && return 0
    process_stop postgres
  fi
  postgres_create "$password"
  for setting in "$@"; do
    arguments+=(-c "$setting")
  done
  local command=(
    "$postgres_bin_dir/postgres" -D "$postgres_data_path" -p "$listen_port"
    -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200
    -c shared_buffers=256MB -c 'log_line_prefix=%m [%p] %u@%d ' "${arguments[@]}"
  )
  if ((EUID == 0)); then
    command=(setpriv --reuid=postgres --regid=postgres --init-groups "${command[@]}")
  fi
  say postgres "starting on 127.0.0.1:$listen_port"
  process_start postgres "$listen_port" / "${command[@]}" 8<"$state_dir/postgres"
  local probe=("$postgres_bin_dir/pg_isready" -q -h 127.0.0.1 -p "$listen_port")
  # After a kill -9 the old server's children may hold its shared memory for a moment: try twice.
  if ! process_await postgres 30 "${probe[@]}" && [[ -z $(process_pid postgres) ]]; then
    sleep 2
    process_start postgres "$listen_port" / "${command[@]}" 8<"$state_dir/postgres"
  fi
  process_must_become_ready postgres 30 "${probe[@]}"
}

# postgres_url PORT USER PASSWORD DATABASE
postgres_url() {
  printf 'postgresql://%s:%s@127.0.0.1:%s/%s' "$2" "$3" "$1" "$4"
}

# postgres_url_as URL USER PASSWORD: the same server and database for another role.
postgres_url_as() {
  [[ $1 =~ ^(postgres(ql)?://)([^@/]*@)?(.*)$ ]] ||
    fail 'ACCOIL_POSTGRES_URL must look like postgresql://user:password@host:port/database'
  printf '%s%s:%s@%s' "${BASH_REMATCH[1]}" "$2" "$3" "${BASH_REMATCH[4]}"
}

# postgres_query URL [psql argument...]: runs psql on standard input; the password is kept out of the
# command line, where everybody on the machine could read it.
postgres_query() {
  local url=$1 user_info password=${PGPASSWORD:-}
  shift
  if [[ $url =~ ^(postgres(ql)?://)([^@/]*)@(.*)$ ]]; then
    user_info=${BASH_REMATCH[3]}
    url=${BASH_REMATCH[1]}${user_info%%:*}@${BASH_REMATCH[4]}
    if [[ $user_info == *:* ]]; then
      password=${user_info#*:}
      printf -v password '%b' "${password//%/\\x}"
    fi
  fi
  PGPASSWORD=$password PGCONNECT_TIMEOUT=10 "$postgres_bin_dir/psql" -X -q -v ON_ERROR_STOP=1 \
    "$@" "$url"
}
