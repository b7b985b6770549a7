# Where things are and which ports they listen on. Everything that the set-up writes is under
# .local/ and build/, both ignored by git.
# shellcheck shell=bash
# shellcheck disable=SC2034  # read by the scripts that source this

root_dir=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../../.." && pwd -P)
local_dir=$root_dir/.local
deploy_dir=$root_dir/deploy/local
build_dir=$(realpath -m -- "${ACCOIL_BUILD_DIR:-$root_dir/build/release}")
bin_dir=$build_dir/bin
kafka_lib_dir=$local_dir/kafka/lib

# The processes of one set-up keep their state below state_dir (data, logs/, run/): .local for
# deploy/local/up, a folder of its own for each run of the tests.
state_dir=$local_dir

# name of the port, variable that changes it, default. All listen on 127.0.0.1.
readonly port_table='
postgres                  ACCOIL_LOCAL_POSTGRES_PORT           25432
kafka                     ACCOIL_LOCAL_KAFKA_PORT              29092
kafka-controller          ACCOIL_LOCAL_KAFKA_CONTROLLER_PORT   29093
simulator                 ACCOIL_LOCAL_SIMULATOR_PORT          24000
gateway                   ACCOIL_LOCAL_GATEWAY_PORT            28080
gateway-admin             ACCOIL_LOCAL_GATEWAY_ADMIN_PORT      28101
connections-grpc          ACCOIL_LOCAL_CONNECTIONS_PORT        28110
connections-admin         ACCOIL_LOCAL_CONNECTIONS_ADMIN_PORT  28111
matcher-grpc              ACCOIL_LOCAL_MATCHER_PORT            28120
matcher-admin             ACCOIL_LOCAL_MATCHER_ADMIN_PORT      28121
trait-sync-grpc           ACCOIL_LOCAL_TRAIT_SYNC_PORT         28130
trait-sync-admin          ACCOIL_LOCAL_TRAIT_SYNC_ADMIN_PORT   28131
widget-grpc               ACCOIL_LOCAL_WIDGET_PORT             28140
widget-admin              ACCOIL_LOCAL_WIDGET_ADMIN_PORT       28141
tagging-automation-grpc   ACCOIL_LOCAL_TAGGING_PORT            28150
tagging-automation-admin  ACCOIL_LOCAL_TAGGING_ADMIN_PORT      28151
prometheus                ACCOIL_LOCAL_PROMETHEUS_PORT         29090
'

declare -A port=() port_variable=()

# Fills port[] and port_variable[] from the table and the environment.
load_ports() {
  local name variable default value
  while read -r name variable default; do
    [[ -n $name ]] || continue
    value=${!variable:-$default}
    if [[ ! $value =~ ^[1-9][0-9]{0,4}$ ]] || ((value > 65535)); then
      fail "$variable must be a port number, not '$value'"
    fi
    port[$name]=$value
    port_variable[$name]=$variable
  done <<<"$port_table"
}
load_ports
