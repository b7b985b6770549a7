# All pieces of the local set-up, in the order in which they use one another.
# shellcheck shell=bash
lib_dir=$(dirname -- "${BASH_SOURCE[0]}")
# shellcheck source=deploy/local/lib/output.sh
source "$lib_dir/output.sh"
# shellcheck source=deploy/local/lib/settings.sh
source "$lib_dir/settings.sh"
# shellcheck source=deploy/local/lib/packages.sh
source "$lib_dir/packages.sh"
# shellcheck source=deploy/local/lib/process.sh
source "$lib_dir/process.sh"
# shellcheck source=deploy/local/lib/build.sh
source "$lib_dir/build.sh"
# shellcheck source=deploy/local/lib/postgres.sh
source "$lib_dir/postgres.sh"
# shellcheck source=deploy/local/lib/kafka.sh
source "$lib_dir/kafka.sh"
# shellcheck source=deploy/local/lib/secrets.sh
source "$lib_dir/secrets.sh"
# shellcheck source=deploy/local/lib/services.sh
source "$lib_dir/services.sh"
# shellcheck source=deploy/local/lib/prometheus.sh
source "$lib_dir/prometheus.sh"
# shellcheck source=deploy/local/lib/setup.sh
source "$lib_dir/setup.sh"
# shellcheck source=deploy/local/lib/checks.sh
source "$lib_dir/checks.sh"
