# The container image, really built from deploy/docker/Dockerfile, by buildah and with neither an
# engine nor a registry: the base image is made by debootstrap from the Debian that this machine
# uses. For root, and in a mount namespace of its own (unshare --mount), in which mounts end.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # read by, and set by, the scripts that source this

readonly image_packages=(buildah ca-certificates debootstrap python3-yaml)
readonly image_base=localhost/debian:bookworm-slim
readonly image_name=localhost/accoil-intercom
images_dir=$local_dir/images

# image_tool ARGUMENT...: buildah with its storage and its caches below .local/images.
image_tool() {
  TMPDIR=$images_dir/tmp buildah --root "$images_dir/storage" --runroot "$images_dir/run" \
    --storage-driver overlay "$@"
}

# image_sources: where this machine's Debian comes from, as lines of a sources.list.
image_sources() {
  # shellcheck disable=SC2016  # apt's own variables
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Origin: Debian' \
    'Created-By: Packages' | sort -u
}

# image_base_make: an image like the registries' debian:bookworm-slim, unless there is one.
image_base_make() {
  image_tool inspect --type image "$image_base" >/dev/null 2>&1 && return
  local folder=$images_dir/base log=$local_dir/logs/image-base.log sources mirror
  sources=$(image_sources)
  if [[ -z $sources ]]; then
    # Without lists apt does not know whose its sources are.
    apt-get -q update >"$log" 2>&1 || fail "apt-get update failed (all of it in $log)"
    sources=$(image_sources)
  fi
  mirror=$(awk '$3 == "bookworm" { print $2; exit }' <<<"$sources")
  say images "making the base image by debootstrap"
  rm -rf -- "$folder"
  debootstrap --variant=minbase bookworm "$folder" "$mirror" >"$log" 2>&1 ||
    fail "debootstrap could not make the base image (all of it in $log)"
  printf '%s\n' "$sources" >"$folder/etc/apt/sources.list"
  # What makes it slim.
  rm -rf -- "$folder"/var/cache/apt/archives/*.deb "$folder"/var/lib/apt/lists/* \
    "$folder"/var/log/* "$folder"/usr/share/{doc,info,man,locale}/*
  local container
  container=$(image_tool from scratch)
  image_tool add --quiet "$container" "$folder" / >>"$log"
  image_tool commit --quiet --rm "$container" "$image_base" >>"$log"
  rm -rf -- "$folder"
}

# image_build NAME [ARGUMENT...]: one stage of the Dockerfile, or all of it.
image_build() {
  local name=$1
  shift
  # HEALTHCHECK is only in images of Docker's own format.
  image_tool bud --isolation chroot --format docker --layers --tag "$name" \
    --build-arg BASE="$image_base" --file "$root_dir/deploy/docker/Dockerfile" "$@" "$root_dir"
}

# image_build_all: the services' image and the simulator's. The compiler's cache is this machine's.
image_build_all() {
  local log=$local_dir/logs/image-build.log cache=$images_dir/tmp/buildah-cache/accoil-ccache
  local revision compiler_cache
  mkdir -p "$cache" "$local_dir/logs"
  compiler_cache=$(ccache -k cache_dir)
  mkdir -p "$compiler_cache"
  mount --bind "$compiler_cache" "$cache"
  image_base_make
  revision=$(git -C "$root_dir" rev-parse --short HEAD 2>/dev/null) || revision=unknown
  say images 'building deploy/docker/Dockerfile'
  {
    # Under a name of their own the stages before the last are kept for the next time.
    image_build "$image_name-builder" --target builder --build-arg REVISION="$revision" &&
      image_build "$image_name" --build-arg REVISION="$revision" &&
      image_build "$image_name-simulator" --target simulator --build-arg REVISION="$revision" &&
      image_tool rmi --prune --force
  } >"$log" 2>&1 || {
    indent_tail 30 "$log"
    fail "the image could not be built (all of it in $log)"
  }
}

# image_mount NAME: prints the root of a container made of the image, mounted read-only with the few
# file systems that a container engine adds.
image_mount() {
  local container root
  container=$(image_tool from "$1")
  root=$(image_tool mount "$container")
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  local device
  for device in null zero urandom random; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
  mount -o remount,bind,ro "$root"
  printf '%s\n' "$root"
}
