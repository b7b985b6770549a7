# Apache Kafka: a real broker of one node (KRaft), its jars resolved by Maven.
# shellcheck shell=bash

# kafka_fetch: puts the jars of deploy/local/kafka/pom.xml into .local/kafka/lib, unless they are
# there and the pom has not changed since.
kafka_fetch() {
  local pom=$deploy_dir/kafka/pom.xml log=$local_dir/logs/maven.log fresh=$local_dir/kafka/lib.new
  cmp -s "$pom" "$kafka_lib_dir/pom.xml" && return 0
  say kafka 'fetching the broker by Maven'
  mkdir -p "$local_dir/logs" "$local_dir/kafka"
  rm -rf -- "$fresh"
  mvn -B -q -f "$pom" dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$fresh" >"$log" 2>&1 ||
    fail "Maven could not fetch Kafka: $(grep -m 1 'ERROR' "$log" | cut -c 1-300) (all of it in $log)"
  cp "$pom" "$fresh/pom.xml"
  rm -rf -- "$kafka_lib_dir"
  mv "$fresh" "$kafka_lib_dir"
}

# kafka_java_start NAME FINGERPRINT PROPERTIES: the broker's process.
kafka_java_start() {
  process_start "$1" "$2" "$state_dir/kafka" java -Xmx384m -Xms128m -XX:+UseSerialGC \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.slf4j.simpleLogger.showDateTime=true \
    -Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd\'T\'HH:mm:ss.SSS \
    -cp "$kafka_lib_dir/*" kafka.Kafka "$3"
}

# kafka_start PORT CONTROLLER_PORT [PROPERTY...]: formats the storage if need be and starts the
# broker; properties as name=value come after ours. Does nothing when it runs.
kafka_start() {
  local listen_port=$1 controller_port=$2
  shift 2
  local properties=$state_dir/kafka/server.properties data_dir=$state_dir/kafka/data
  local log=$state_dir/logs/kafka.log
  if [[ -n $(process_pid kafka) ]]; then
    [[ $(process_fingerprint kafka) == "$listen_port,$controller_port" ]] && return 0
    process_stop kafka
  fi
  mkdir -p "$state_dir/kafka" "$state_dir/logs"
  # A properties file reads \ as an escape; | cannot be in the way of sed unless a folder has it.
  local escaped=${data_dir//\\/\\\\}
  sed -e "s|@kafka_port@|$listen_port|g" -e "s|@controller_port@|$controller_port|g" \
    -e "s|@data_dir@|${escaped//[&|]/\\&}|g" "$deploy_dir/kafka/server.properties" >"$properties"
  ((!$#)) || printf '%s\n' "$@" >>"$properties"
  if [[ ! -f $data_dir/meta.properties ]]; then
    say kafka "formatting its storage in $data_dir"
    rm -rf -- "$data_dir"
    local storage_tool=(java -cp "$kafka_lib_dir/*" kafka.tools.StorageTool)
    local cluster_id=''
    cluster_id=$("${storage_tool[@]}" random-uuid 2>>"$log") || true
    if ! "${storage_tool[@]}" format -t "$cluster_id" -c "$properties" >>"$log" 2>&1; then
      indent_tail 10 "$log"
      fail "Kafka's storage could not be formatted in $data_dir"
    fi
  fi
  say kafka "starting on 127.0.0.1:$listen_port"
  kafka_java_start kafka "$listen_port,$controller_port" "$properties"
  process_must_become_ready kafka 60 kafka_answers "127.0.0.1:$listen_port"
}

# kafka_answers BROKERS: whether a broker tells who is in the cluster.
kafka_answers() {
  kcat -b "$1" -L -m 2 -t __none__ -X log_level=0
}
