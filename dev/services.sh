# Background processes of the demo: started once, found again, ended by their own identity.
# Sourced. A file .odoo/run/NAME.pid holds "PID START_TIME PORT"; the start time tells a process
# from another one that got the same number later.

# port_taken PORT: whether somebody answers there on this machine.
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port PORT: the first one from PORT on that nobody has.
free_port() {
  local port=$1
  while port_taken "$port"; do port=$((port + 1)); done
  echo "$port"
}

# start_time PID: in clock ticks since boot, empty when there is no such process.
start_time() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  # the command, in parentheses, may hold spaces
  stat=${stat##*) }
  # shellcheck disable=SC2086
  set -- $stat
  [ "$1" = Z ] || echo "${20}"
}

# service NAME: sets service_pid and service_port if the process that NAME started still runs.
service() {
  local started
  service_pid='' service_port=''
  [ -f "$RUN_DIR/$1.pid" ] || return 1
  read -r service_pid started service_port <"$RUN_DIR/$1.pid" || true
  [ -n "$service_pid" ] && [ -n "$started" ] && [ "$(start_time "$service_pid")" = "$started" ] &&
    return 0
  service_pid='' service_port=''
  rm -f "$RUN_DIR/$1.pid"
  return 1
}

# start_service NAME PORT COMMAND...: detached from this terminal and its locks.
start_service() {
  local name=$1 port=$2 pid; shift 2
  setsid "$@" >"$LOG_DIR/$name.log" 2>&1 </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  pid=$!
  disown "$pid"
  echo "$pid $(start_time "$pid") $port" >"$RUN_DIR/$name.pid"
}

# wait_for NAME URL SECONDS: until the URL answers, as long as the service lives.
wait_for() {
  local deadline=$((SECONDS + $3))
  until "$VENV/bin/python" -c 'import sys, urllib.request as r
r.build_opener(r.ProxyHandler({})).open(sys.argv[1], timeout=5)' "$2" 2>/dev/null; do
    service "$1" || { tail -n 20 "$LOG_DIR/$1.log" >&2; die "$1 ended by itself (log: $LOG_DIR/$1.log)"; }
    [ $SECONDS -lt $deadline ] || die "$1 does not answer at $2 (log: $LOG_DIR/$1.log)"
    sleep 0.2
  done
}

# stop_service NAME: asks, then insists after 20 seconds; does nothing to a process not ours.
stop_service() {
  local deadline=$((SECONDS + 20))
  service "$1" || return 0
  kill -TERM "$service_pid" 2>/dev/null || true
  while service "$1"; do
    [ $SECONDS -lt $deadline ] || kill -KILL "$service_pid" 2>/dev/null || true
    sleep 0.1
  done
  say "  stopped $1"
}
