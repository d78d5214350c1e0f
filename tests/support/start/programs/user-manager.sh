#!/bin/bash
# A user manager of systemd in namespaces of its own, for a machine that need not run systemd. Only for root. Reads commands
# for bash from standard input, which find it by `systemctl --user`, and ends with that input. Units: $HOME/.config/systemd/user
set -u
if [ "${1:-}" = inside ]; then
  # As after a real start of systemd, mounts are seen in what it starts: it mounts credentials in a namespace of their own.
  mount -t tmpfs tmpfs /run && mount --make-shared /run && mkdir -p /run/systemd/system && mkdir -p -m 700 /run/user/0 || exit 1
  umount -R /sys/fs/cgroup && mount -t tmpfs tmpfs /sys/fs/cgroup || exit 1
  if [ "$2" = named ]; then
    mkdir /sys/fs/cgroup/systemd && mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd || exit 1
  else
    mount -t cgroup2 cgroup2 /sys/fs/cgroup || exit 1
  fi
  export XDG_RUNTIME_DIR=/run/user/0
  # By its place, the journal tells whose units these are.
  place=/sys/fs/cgroup$([ "$2" = named ] && echo /systemd)/user.slice/user-0.slice/user@0.service
  mkdir -p $place || exit 1
  bash -c 'echo $$ > "$0/cgroup.procs" && exec /lib/systemd/systemd --user --unit=basic.target' $place >/dev/null 2>&1 </dev/null &
  manager=$!
  until [ -S /run/user/0/systemd/private ]; do
    kill -0 $manager 2>/dev/null || exit 1
    sleep 0.02
  done
  echo ready
  bash
  kill $manager
  wait $manager
  exit 0
fi
kind=unified
root=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
if [ -z "$root" ]; then
  kind=named
  root=/sys/fs/cgroup/systemd
fi
group=$root/sigilforge-test.$$
mkdir "$group" || exit 1
bash -c 'echo $$ > "$1/cgroup.procs" && exec unshare --mount --pid --fork --cgroup --mount-proc --kill-child bash "$2" inside "$3"' \
  bash "$group" "$0" $kind
status=$?
# A group can be removed once its last process is gone.
for _ in $(seq 100); do
  find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
  [ -d "$group" ] || break
  sleep 0.02
done
exit $status
