# The Python that the end-to-end tests run in: Debian's, with what drives a browser beside it in a
# folder below .local/. Nothing is installed for the whole machine.
# shellcheck shell=bash
# shellcheck disable=SC2154  # set by deploy/local/lib/settings.sh

browser_python_dir=$local_dir/browser-python

# browser_python_install: makes the folder, unless it is there and of this Python and these versions.
browser_python_install() {
  local requirements=$root_dir/tests/lib/browser-requirements.txt
  local stamp=$browser_python_dir/made-from log=$local_dir/logs/browser-python.log wanted
  wanted=$(/usr/bin/python3 --version && cat -- "$requirements")
  [[ -f $stamp && $(<"$stamp") == "$wanted" ]] && return
  say packages "installing $(grep -v '^#' "$requirements" | xargs) below .local/"
  rm -rf -- "$browser_python_dir"
  mkdir -p "$(dirname -- "$log")"
  {
    /usr/bin/python3 -m venv --system-site-packages "$browser_python_dir" &&
      "$browser_python_dir/bin/python" -m pip install --disable-pip-version-check --no-deps \
        --requirement "$requirements"
  } >"$log" 2>&1 || fail "the browser's Python could not be installed: $(tail -n 1 "$log")" \
    "(all of it in $log)"
  printf '%s\n' "$wanted" >"$stamp"
}
