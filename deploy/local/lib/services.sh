# Our own programs: one table says all that differs between them.
# shellcheck shell=bash

# name, program, port of its readiness check, path of it, port that others use, schema. In the order
# of starting; - for none.
readonly service_table='
simulator           intercom-simulator         simulator                 /_simulator/health  simulator                -
connections         accoil-connections         connections-admin         /readyz             connections-grpc         connections
matcher             accoil-matcher             matcher-admin             /readyz             matcher-grpc             matcher
trait-sync          accoil-trait-sync          trait-sync-admin          /readyz             trait-sync-grpc          traitsync
tagging-automation  accoil-tagging-automation  tagging-automation-admin  /readyz             tagging-automation-grpc  tagging
widget              accoil-widget              widget-admin              /readyz             widget-grpc              widget
gateway             accoil-gateway             gateway-admin             /readyz             gateway                  -
'

# service_rows: the table's rows that this set-up runs; without the simulator when there is another
# Intercom.
service_rows() {
  if [[ $intercom_place == local ]]; then
    grep . <<<"$service_table"
  else
    grep . <<<"$service_table" | grep -v '^simulator '
  fi
}

# service_environment NAME: its settings, one NAME=VALUE a line.
service_environment() {
  local name=$1 schema=$2
  case $name in
    simulator)
      printf '%s\n' "ACCOIL_SIMULATOR_ADDRESS=127.0.0.1:${port[simulator]}" \
        "ACCOIL_SIMULATOR_TOKEN=${secret[INTERCOM_TOKEN]}" \
        "ACCOIL_SIMULATOR_CLIENT_ID=$intercom_client_id" \
        "ACCOIL_SIMULATOR_CLIENT_SECRET=$intercom_client_secret" \
        "ACCOIL_SIMULATOR_REDIRECT_URI=$public_url/intercom/oauth/callback" \
        "ACCOIL_SIMULATOR_WEBHOOK_URL=$gateway_url/intercom/webhooks" \
        "ACCOIL_SIMULATOR_CANVAS_URL=$gateway_url/intercom/canvas"
      return
      ;;
    gateway)
      printf '%s\n' "ACCOIL_HTTP_ADDRESS=127.0.0.1:${port[gateway]}" \
        "ACCOIL_OPERATOR_KEY=${secret[ACCOIL_OPERATOR_KEY]}"
      ;;
    connections)
      printf '%s\n' "ACCOIL_ENCRYPTION_KEYS=${secret[ACCOIL_ENCRYPTION_KEYS]}" \
        "ACCOIL_API_KEY_SECRET=${secret[ACCOIL_API_KEY_SECRET]}" \
        "ACCOIL_INTERCOM_BASE_URL=$intercom_url"
      [[ -z $intercom_client_id ]] ||
        printf '%s\n' "ACCOIL_INTERCOM_CLIENT_ID=$intercom_client_id" \
          "ACCOIL_INTERCOM_CLIENT_SECRET=$intercom_client_secret" \
          "ACCOIL_PUBLIC_URL=$public_url"
      [[ -z $intercom_authorize_url ]] ||
        printf '%s\n' "ACCOIL_INTERCOM_AUTHORIZE_URL=$intercom_authorize_url"
      ;;
  esac
  # Nobody has to learn that the one replica goes.
  printf '%s\n' "ACCOIL_ADMIN_ADDRESS=127.0.0.1:${port[$name-admin]}" \
    "ACCOIL_DRAIN_TIME=${ACCOIL_DRAIN_TIME:-0s}" \
    "ACCOIL_KAFKA_BROKERS=$kafka_brokers" \
    "ACCOIL_KAFKA_REPLICATION=${ACCOIL_KAFKA_REPLICATION:-1}" \
    "ACCOIL_CONNECTIONS_ADDRESS=127.0.0.1:${port[connections-grpc]}" \
    "ACCOIL_MATCHER_ADDRESS=127.0.0.1:${port[matcher-grpc]}" \
    "ACCOIL_TRAIT_SYNC_ADDRESS=127.0.0.1:${port[trait-sync-grpc]}" \
    "ACCOIL_TAGGING_ADDRESS=127.0.0.1:${port[tagging-automation-grpc]}" \
    "ACCOIL_WIDGET_ADDRESS=127.0.0.1:${port[widget-grpc]}"
  if [[ $schema != - ]]; then
    printf '%s\n' "ACCOIL_GRPC_ADDRESS=127.0.0.1:${port[$name-grpc]}" \
      "ACCOIL_POSTGRES_URL=$(postgres_url_as "$postgres_admin_url" "accoil_$schema" \
        "${secret[POSTGRES_${schema^^}]}")"
  fi
}

# passed_on NAME: settings of the caller's environment that reach the service, for example
# ACCOIL_LOG_LEVEL: every ACCOIL_ variable that does not speak to this set-up itself. The simulator
# only gets its own: started anew because of a service's setting, it would lose its workspace.
passed_on() {
  local service=$1 name
  for name in "${!ACCOIL_@}"; do
    case $service:$name in
      *:ACCOIL_LOG_LEVEL | simulator:ACCOIL_SIMULATOR_*) ;;
      simulator:* | *:ACCOIL_SIMULATOR_*) continue ;;
    esac
    case $name in
      ACCOIL_LOCAL_* | ACCOIL_TEST_* | ACCOIL_BUILD_DIR) ;;
      ACCOIL_POSTGRES_URL | ACCOIL_PUBLIC_URL) ;;
      ACCOIL_INTERCOM_BASE_URL | ACCOIL_INTERCOM_TOKEN | ACCOIL_INTERCOM_AUTHORIZE_URL) ;;
      ACCOIL_INTERCOM_CLIENT_ID | ACCOIL_INTERCOM_CLIENT_SECRET) ;;
      *) [[ ${!name@a} == *x* ]] && printf '%s=%s\n' "$name" "${!name}" ;;
    esac
  done
}

# provision_database: a role and a schema for each service that has one.
provision_database() {
  local name program schema _
  while read -r name program _ _ _ schema; do
    [[ $schema == - ]] && continue
    # The password comes by standard input, not by the command line.
    {
      printf "\\set schema '%s'\n\\set role 'accoil_%s'\n\\set password '%s'\n" \
        "$schema" "$schema" "${secret[POSTGRES_${schema^^}]}"
      cat -- "$deploy_dir/provision.sql"
    } | postgres_query "$postgres_admin_url" >>"$local_dir/logs/provision.log" 2>&1 || {
      indent_tail 5 "$local_dir/logs/provision.log"
      fail "the schema $schema could not be provisioned in PostgreSQL at $postgres_shown"
    }
  done < <(service_rows)
}

# services_start: starts what does not run, starts again what runs with other settings or an older
# program, and waits until all are ready.
services_start() {
  local name program ready_port path public_port schema fingerprint settings
  while read -r name program ready_port path public_port schema; do
    mapfile -t settings < <(passed_on "$name" && service_environment "$name" "$schema")
    fingerprint=$({
      printf '%s\n' "${settings[@]}"
      stat -c '%i %Y' -- "$bin_dir/$program"
    } | sha256sum | cut -c 1-16)
    if [[ -n $(process_pid "$name") ]]; then
      [[ $(process_fingerprint "$name") == "$fingerprint" ]] && continue
      say "$name" 'stopping: its settings or its program changed'
      process_stop "$name"
    fi
    if [[ $name == simulator ]]; then
      # It keeps its workspace in memory: started anew, it is another workspace, and is to be known
      # as one, so that nobody believes to have delivered anything to it. Not in the fingerprint.
      settings+=("ACCOIL_SIMULATOR_WORKSPACE_ID=local$(date +%s)")
    fi
    say "$name" "starting on 127.0.0.1:${port[$public_port]}"
    process_environment=(PATH="$PATH" HOME="${HOME:-/}" LANG=C.UTF-8 "${settings[@]}")
    process_start "$name" "$fingerprint" "$root_dir" "$bin_dir/$program"
    process_environment=()
  done < <(service_rows)

  while read -r name program ready_port path _ _; do
    process_must_become_ready "$name" 60 http_ok "http://127.0.0.1:${port[$ready_port]}$path"
  done < <(service_rows)
}

# http_ok URL
http_ok() {
  curl -fsS --noproxy '*' -m 2 -o /dev/null "$1"
}
