# shellcheck shell=bash
# Sourced by the scripts beside it.

say() { printf '%s\n' "$*" >&2; }

# apt_install PACKAGE WHAT-FOR: install a Debian package, or end with a sentence that says what is missing.
apt_install() {
  local package=$1 purpose=$2 as_root=()
  if ! command -v apt-get >/dev/null; then
    say "error: $purpose needs $package, and there is no apt-get here to install it with"
    say ""
    say "hint: install $package with your system's package manager, then run the same command again"
    exit 1
  fi
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      say "error: $purpose needs $package, and only root may install it: there is no sudo here"
      say ""
      say "hint: apt-get install $package, as root, then run the same command again"
      exit 1
    fi
    as_root=(sudo)
  fi
  say "installing $package: $purpose needs it"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >&2
}
