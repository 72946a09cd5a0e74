# shellcheck shell=bash disable=SC2034,SC2154 # variables of up
# The part of up that makes a node: containerd, kubelet, kube-proxy, and the scheduler for it. Uses
# dir, deps, images, launch, start, await, admin and user of up.

readonly pods=10.100.0.0/16

check_node() {
    local program folder
    for program in containerd containerd-shim-runc-v2 ctr runc iptables conntrack unshare; do
        command -v "$program" >/dev/null || die "\"$program\" is missing: tools/deps test brings it"
    done
    [[ -x $deps/cni/bridge ]] || die "\"$deps/cni\" is missing: tools/deps test brings it"
    for folder in /run /var/lib /var/log; do
        [[ $(realpath -m "$1") != "$folder"/* ]] || die "a node cannot lie in $folder, which it hides"
    done
}

make_node_users() {
    user kube-scheduler /CN=system:kube-scheduler
    user kube-proxy /CN=system:kube-proxy
    user kubelet /O=system:nodes/CN=system:node:node
}

# start_on_node NAME COMMAND...
start_on_node() {
    launch enter_node "$@"
}

start_node() {
    mkdir "$dir/node"
    start node unshare --mount --pid --fork "$here/node-init" "$dir"
    await node "the node has its namespaces" test -s "$dir/node/pid"
}

# The node's cgroups: one in each hierarchy, named like the network namespace.
make_cgroups() {
    local root
    for root in $(cgroup_roots); do
        mkdir "$root/$(<"$dir/netns")"
    done
}

start_containerd() {
    mkdir -p "$dir/etc/cni"
    cat >"$dir/etc/containerd.toml" <<EOF
version = 2
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.btrfs"]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.test/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$deps/cni"
    conf_dir = "$dir/etc/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
EOF
    cat >"$dir/etc/cni/pods.conflist" <<EOF
{"cniVersion": "1.0.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "pods", "isGateway": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "$pods"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
EOF
    start_on_node containerd containerd --config "$dir/etc/containerd.toml"
}

import_images() {
    await containerd "containerd answers" test -S "$dir/node/run/containerd/containerd.sock"
    logs_to_show=(images containerd)
    (enter_node "$dir" ctr -n k8s.io images import "$images") >"$dir/logs/images.log" 2>&1
}

start_scheduler() {
    start kube-scheduler "$dir/bin/kube-scheduler" --kubeconfig="$dir/kube/kube-scheduler" \
        --leader-elect=false --bind-address=127.0.0.1 --kube-api-qps=200 --kube-api-burst=400
}

start_kubelet() {
    cat >"$dir/etc/kubelet.yaml" <<EOF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
address: $node
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: false}
  x509: {clientCAFile: "$dir/certs/ca.crt"}
authorization: {mode: AlwaysAllow}
cgroupDriver: cgroupfs
cgroupRoot: /$(<"$dir/netns")
failCgroupV1: false
failSwapOn: false
enforceNodeAllocatable: []
oomScoreAdj: 0
clusterDNS: [10.96.0.10]
resolvConf: ""
serializeImagePulls: false
registerWithTaints: []
eventRecordQPS: 0
evictionHard: {memory.available: "0%", nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%"}
imageGCHighThresholdPercent: 100
EOF
    start_on_node kubelet "$dir/bin/kubelet" --config="$dir/etc/kubelet.yaml" \
        --kubeconfig="$dir/kube/kubelet" --hostname-override=node --node-ip="$node"
}

start_kube_proxy() {
    cat >"$dir/etc/kube-proxy.yaml" <<EOF
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: "$dir/kube/kube-proxy"}
hostnameOverride: node
mode: iptables
bindAddress: $node
clusterCIDR: $pods
# The sooner an endpoint that ends is gone, the shorter a pod has to answer on.
iptables: {masqueradeAll: true, minSyncPeriod: 100ms}
# What is the whole machine's stays as it is.
conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
EOF
    start_on_node kube-proxy "$dir/bin/kube-proxy" --config="$dir/etc/kube-proxy.yaml"
}

node_ready() {
    [[ $(admin get node node -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}') == True ]]
}

await_node() {
    await kubelet "the node is ready" node_ready
    await kube-proxy "kube-proxy is healthy" admin --server=http://127.0.0.1:10256 get --raw /healthz
}
