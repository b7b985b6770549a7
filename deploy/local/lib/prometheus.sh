# Prometheus, on the services of the set-up, with the rules of deploy/prometheus.
# shellcheck shell=bash
# shellcheck disable=SC2154  # set by the pieces that all.sh sources before

# prometheus_start: starts it, or starts it again when its configuration or a port has changed.
prometheus_start() {
  local folder=$state_dir/prometheus fingerprint
  mkdir -p "$folder"
  cp -- "$root_dir/deploy/prometheus/prometheus.yml" "$folder/"
  rm -rf -- "$folder/rules"
  cp -r -- "$root_dir/deploy/prometheus/rules" "$folder/"
  prometheus_targets >"$folder/targets.json"
  fingerprint=$({
    cat -- "$folder/prometheus.yml" "$folder"/rules/*.yml "$folder/targets.json"
    printf '%s\n' "${port[prometheus]}"
  } | sha256sum | cut -c 1-16)
  if [[ -n $(process_pid prometheus) ]]; then
    [[ $(process_fingerprint prometheus) == "$fingerprint" ]] && return
    say prometheus 'stopping: its settings changed'
    process_stop prometheus
  fi
  say prometheus "starting on 127.0.0.1:${port[prometheus]}"
  process_start prometheus "$fingerprint" "$folder" prometheus \
    --config.file="$folder/prometheus.yml" --storage.tsdb.path="$folder/data" \
    --storage.tsdb.retention.time=15d --web.listen-address="127.0.0.1:${port[prometheus]}"
  process_must_become_ready prometheus 30 http_ok "http://127.0.0.1:${port[prometheus]}/-/ready"
}

# prometheus_targets: the services' admin ports, as deploy/prometheus/prometheus.yml wants them.
prometheus_targets() {
  local name ready_port path separator='['
  while read -r name _ ready_port path _; do
    [[ $path == /readyz ]] || continue
    printf '%s{"targets": ["127.0.0.1:%s"], "labels": {"job": "accoil-%s"}}' \
      "$separator" "${port[$ready_port]}" "$name"
    separator=$',\n '
  done < <(service_rows)
  printf ']\n'
}
