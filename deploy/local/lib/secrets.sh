# Keys and passwords of the set-up: made once, kept in .local/secrets.env for nobody but the owner.
# shellcheck shell=bash

# random_text: 32 random bytes in characters that need no quoting in a URL or a shell.
random_text() {
  head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '='
}
# random_base64: 32 random bytes.
random_base64() {
  head -c 32 /dev/urandom | base64 -w 0
}

# load_secrets: sets secret[NAME] for all of them, making those that do not exist yet.
declare -A secret=()
load_secrets() {
  local file=$local_dir/secrets.env line
  if [[ -f $file ]]; then
    # Values may end in =, so that no splitting by read will do.
    while IFS= read -r line; do
      secret[${line%%=*}]=${line#*=}
    done <"$file"
  fi
  make_secret ACCOIL_OPERATOR_KEY "$(random_text)"
  make_secret ACCOIL_ENCRYPTION_KEYS "1:$(random_base64)"
  make_secret ACCOIL_API_KEY_SECRET "$(random_base64)"
  make_secret INTERCOM_TOKEN "$(random_text)"
  make_secret INTERCOM_CLIENT_SECRET "$(random_text)"
  make_secret POSTGRES_ADMIN "$(random_text)"
  make_secret POSTGRES_CONNECTIONS "$(random_text)"
  make_secret POSTGRES_MATCHER "$(random_text)"
  make_secret POSTGRES_TRAITSYNC "$(random_text)"
  make_secret POSTGRES_TAGGING "$(random_text)"
  make_secret POSTGRES_WIDGET "$(random_text)"
}

# make_secret NAME VALUE: keeps it unless there is one of the name.
make_secret() {
  [[ -z ${secret[$1]:-} ]] || return 0
  secret[$1]=$2
  (umask 077 && printf '%s=%s\n' "$1" "$2" >>"$local_dir/secrets.env")
}
