# Which parts of the set-up are ours and which were there before; and what the last `up` said of it,
# for the commands that come after.
# shellcheck shell=bash
# shellcheck disable=SC2034  # read by the scripts that source this

readonly setup_file=$local_dir/run/setup
declare -A last_port=()

# decide_setup: from the environment.
decide_setup() {
  kafka_place=local kafka_brokers=127.0.0.1:${port[kafka]}
  if [[ -n ${ACCOIL_KAFKA_BROKERS:-} ]]; then
    kafka_place=external kafka_brokers=$ACCOIL_KAFKA_BROKERS
  fi

  postgres_place=local postgres_shown=127.0.0.1:${port[postgres]}/accoil
  postgres_admin_url=$(postgres_url "${port[postgres]}" "$postgres_superuser" \
    "${secret[POSTGRES_ADMIN]}" accoil)
  if [[ -n ${ACCOIL_POSTGRES_URL:-} ]]; then
    postgres_place=external postgres_admin_url=$ACCOIL_POSTGRES_URL
    # Also checks its form.
    postgres_shown=$(postgres_url_as "$ACCOIL_POSTGRES_URL" '' '')
    postgres_shown=${postgres_shown#*@}
    postgres_shown=${postgres_shown%%\?*}
  fi

  intercom_place=local intercom_url=http://127.0.0.1:${port[simulator]}
  gateway_url=http://127.0.0.1:${port[gateway]}
  public_url=${ACCOIL_PUBLIC_URL:-$gateway_url}
  public_url=${public_url%/}
  # The OAuth app there: its page, its id and its secret.
  intercom_authorize_url=$intercom_url/oauth
  intercom_client_id=accoil-local intercom_client_secret=${secret[INTERCOM_CLIENT_SECRET]}
  if [[ -n ${ACCOIL_INTERCOM_BASE_URL:-} ]]; then
    intercom_place=external intercom_url=${ACCOIL_INTERCOM_BASE_URL%/}
    intercom_authorize_url=${ACCOIL_INTERCOM_AUTHORIZE_URL:-}
    intercom_client_id=${ACCOIL_INTERCOM_CLIENT_ID:-}
    intercom_client_secret=${ACCOIL_INTERCOM_CLIENT_SECRET:-}
    [[ -n ${ACCOIL_INTERCOM_TOKEN:-} ]] ||
      fail 'ACCOIL_INTERCOM_BASE_URL also needs ACCOIL_INTERCOM_TOKEN, an access token there'
  elif [[ -n ${ACCOIL_INTERCOM_TOKEN:-} ]]; then
    fail 'ACCOIL_INTERCOM_TOKEN also needs ACCOIL_INTERCOM_BASE_URL, for example https://api.intercom.io'
  fi
}

# save_setup: for load_setup. Holds no secret.
save_setup() {
  local name
  {
    for name in kafka_place kafka_brokers postgres_place postgres_shown intercom_place \
      intercom_url gateway_url; do
      printf '%s %s\n' "$name" "${!name}"
    done
    for name in "${!port[@]}"; do
      printf 'port:%s %s\n' "$name" "${port[$name]}"
    done
  } >"$setup_file"
}

# load_setup: what the last `up` decided; what there would be without one. Ports go to last_port.
load_setup() {
  local name value
  kafka_place=local kafka_brokers=127.0.0.1:${port[kafka]}
  postgres_place=local postgres_shown=127.0.0.1:${port[postgres]}/accoil
  intercom_place=local intercom_url=http://127.0.0.1:${port[simulator]}
  gateway_url=http://127.0.0.1:${port[gateway]}
  for name in "${!port[@]}"; do
    last_port[$name]=${port[$name]}
  done
  [[ -f $setup_file ]] || return 0
  while read -r name value; do
    case $name in
      port:*) last_port[${name#port:}]=$value ;;
      kafka_place) kafka_place=$value ;;
      kafka_brokers) kafka_brokers=$value ;;
      postgres_place) postgres_place=$value ;;
      postgres_shown) postgres_shown=$value ;;
      intercom_place) intercom_place=$value ;;
      intercom_url) intercom_url=$value ;;
      gateway_url) gateway_url=$value ;;
    esac
  done <"$setup_file"
}

# lock_setup: one command at a time changes the set-up.
lock_setup() {
  mkdir -p "$local_dir"
  exec 9>"$local_dir/lock"
  flock -n 9 || fail "another deploy/local command is at work in $local_dir"
}

# process_names: everything that may run, in the order of starting.
process_names() {
  printf 'postgres\nkafka\n'
  awk 'NF { print $1 }' <<<"$service_table"
  printf 'prometheus\n'
}
