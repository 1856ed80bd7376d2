#!/bin/sh
# install-deps.sh GROUP...: installs the Debian packages of these groups that are missing, or names
# them and fails where it cannot. Groups: build test demo bench clang lint.
set -eu

packages_of() {
  case $1 in
    build) echo cmake ninja-build g++ pkg-config libfmt-dev nlohmann-json3-dev zlib1g-dev \
      libhwy-dev libcli11-dev libeigen3-dev libhdf5-dev ;;
    test) echo libgtest-dev libgmock-dev librapidcheck-dev valgrind python3-venv ;;
    demo) echo dataset-fashion-mnist ;;
    bench) echo libbenchmark-dev libdnnl-dev ;;
    clang) echo clang-14 libclang-rt-14-dev libomp-14-dev ;;
    lint) echo clang-format-14 clang-tidy-14 ;;
    *)
      echo "install-deps.sh: expected build, test, demo, bench, clang or lint, got '$1'" >&2
      return 2
      ;;
  esac
}

wanted=
for group in "$@"; do
  packages=$(packages_of "$group")
  wanted="$wanted $packages"
done

missing=
for package in $wanted; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

give_up() {
  echo "These packages are missing, and $1. Install them, then run this again:" >&2
  echo " $missing" >&2
  echo "(On a system without apt, install their like; make DEPS=true ... skips this step.)" >&2
  exit 1
}

command -v apt-get >/dev/null || give_up "there is no apt-get here to install them"
as_root=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || give_up "only root may install them"
  as_root=sudo
fi

apt() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends "$@"; }

echo "Installing:$missing"
# A new machine has no package lists, an old one has stale ones: fetch them only then.
apt --simulate install $missing >/dev/null 2>&1 || apt update || give_up "apt-get update failed"
apt install $missing </dev/null ||
  { apt update && apt install $missing </dev/null; } || give_up "apt-get could not install them"
