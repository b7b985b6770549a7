# Helm, built from its Go module into .local/helm, and what it is tried on.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # read by, and set by, the scripts that source this

readonly helm_packages=(ca-certificates python3-yaml)
readonly helm_version=v3.22.0
helm_program=$local_dir/helm/helm

# helm_install: builds it, unless it is there in this version; the first time takes minutes.
helm_install() {
  local folder stamp log=$local_dir/logs/helm.log test_python
  folder=$(dirname -- "$helm_program") stamp=$folder/made-from
  [[ -f $stamp && $(<"$stamp") == "$helm_version" ]] && return
  python_install go
  say packages "building Helm $helm_version below .local/"
  rm -rf -- "$folder"
  PATH=$(dirname -- "$test_python"):$PATH GOTOOLCHAIN=local GOFLAGS='' CGO_ENABLED=0 GOBIN=$folder \
    go install "helm.sh/helm/v3/cmd/helm@$helm_version" >"$log" 2>&1 ||
    fail "Helm could not be built: $(tail -n 1 "$log") (all of it in $log)"
  printf '%s\n' "$helm_version" >"$stamp"
}
