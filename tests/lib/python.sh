# The Pythons that tests run in: Debian's, with what else they need beside it in a folder below
# .local/. Nothing is installed for the whole machine.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # read by, and set by, the scripts that source this

# python_install NAME: makes the folder with what tests/lib/NAME-requirements.txt asks for, unless it
# is there and of this Python and these versions; test_python is then its Python.
python_install() {
  local name=$1 folder=$local_dir/$1-python
  local requirements=$root_dir/tests/lib/$name-requirements.txt
  local stamp=$folder/made-from log=$local_dir/logs/$name-python.log wanted
  test_python=$folder/bin/python
  wanted=$(/usr/bin/python3 --version && cat -- "$requirements")
  [[ -f $stamp && $(<"$stamp") == "$wanted" ]] && return
  say packages "installing $(grep -v '^#' "$requirements" | xargs) below .local/"
  rm -rf -- "$folder"
  mkdir -p "$(dirname -- "$log")"
  {
    /usr/bin/python3 -m venv --system-site-packages "$folder" &&
      "$folder/bin/python" -m pip install --disable-pip-version-check --no-deps \
        --requirement "$requirements"
  } >"$log" 2>&1 || fail "the Python $name could not be installed: $(tail -n 1 "$log")" \
    "(all of it in $log)"
  printf '%s\n' "$wanted" >"$stamp"
}
