# shellcheck shell=bash
# What up, down and in share. All that a cluster is lies in its folder DIR:
#   netns   the name of its network namespace, the first thing written and the last removed
#   bin     link to the Kubernetes programs that it runs
#   certs   CA, serving and client certificates    kube   a kubeconfig for each user
#   logs    one for each program, and audit.log    pids   one for each program
#   etc     configuration files                    etcd, kubectl   data and kubectl's cache
#   node    what a node keeps below /run, /var/lib and /var/log, and the pid of its first process

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# The processes in DIR's network namespace, one pid a line. Asked of the kernel each time, so that a
# recorded pid that meanwhile belongs to somebody else is never taken for ours.
pids_inside() {
    ip netns pids "$(<"$1/netns")" 2>/dev/null || true
}

# Becomes COMMAND inside DIR's network namespace. Not by "ip netns exec", which remounts /sys and
# so hides the cgroups.
enter() {
    local dir=$1
    shift
    exec nsenter --net="/run/netns/$(<"$dir/netns")" -- "$@"
}

# Becomes COMMAND on DIR's node, inside all its namespaces.
enter_node() {
    local dir=$1
    shift
    exec nsenter --target="$(<"$dir/node/pid")" --mount --pid --net -- "$@"
}

# The folders in which each hierarchy of cgroups is mounted, one a line.
cgroup_roots() {
    findmnt --noheadings --list --types cgroup,cgroup2 --output TARGET
}
