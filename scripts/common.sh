# shellcheck shell=bash
# Sourced by the scripts beside it.

say() { printf '%s\n' "$*" >&2; }

# apt_install PACKAGE WHAT-FOR [UNIT...]: install a Debian package, or end with a sentence that says what is missing.
# What systemd would start with it stays off where UNIT names it: a server of the system's that nobody asked for.
apt_install() {
  local package=$1 purpose=$2 as_root=()
  shift 2
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
  if (($#)) && [[ -d /run/systemd/system ]]; then
    "${as_root[@]}" systemctl mask --quiet "$@"
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >&2
}

# wait_until COMPLAINT LOG COMMAND...: until it succeeds, for two minutes; then end with the last lines of LOG.
wait_until() {
  local complaint=$1 log=$2 deadline=$((SECONDS + 120))
  shift 2
  until "$@"; do
    if ((SECONDS > deadline)); then
      say "error: $complaint"
      tail -20 "$log" >&2
      return 1
    fi
    sleep 0.1
  done
}

# end_process FILE: end the process whose pid is in FILE, gently for half a minute, and wait for its end.
end_process() {
  local pid deadline=$((SECONDS + 30))
  [[ -s $1 ]] || return 0
  pid=$(<"$1")
  kill "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null; do
    ((SECONDS < deadline)) || kill -KILL "$pid" 2>/dev/null || true
    sleep 0.1
  done
}

# stop_after DIRECTORY PID: once that process is gone, call `stop DIRECTORY` and remove it. Returns at once.
stop_after() {
  (
    while kill -0 "$2" 2>/dev/null; do
      sleep 1
    done
    stop "$1" || true
    rm -rf "$1"
  ) </dev/null >/dev/null 2>&1 &
}
