package engines

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/nsconform/nsconform/suites/internal/containers"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
)

// openContainerd has a containerd serve the interface, which leaves nothing outside of
// the room, and runs the image also where a pod's own process is asked for.
func openContainerd(r *room) {
	const socket = "/run/containerd/containerd.sock"
	r.readyForPods(socket)
	r.writeFile("containerd.toml", fmt.Sprintf(`version = 2
disabled_plugins = ["io.containerd.nri.v1.nri"]
[plugins."io.containerd.internal.v1.opt"]
path = %q
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = %q
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = %q
conf_dir = %q
`, r.Path("opt"), imageName, pluginDir(), r.Path("networks")))
	r.serve(socket, "containerd", "--config="+r.Path("containerd.toml"))
	// There is no call that loads an image; what does is not of the interface.
	r.Does(NeedProgram("ctr").Path, "--namespace=k8s.io", "images", "import", r.imageFile())
	r.expectImage()
}

// openCRIO has a CRI-O serve the interface, which finds the image where it keeps those
// that it has fetched. The links by which one attaches to containers are not in /run, as
// it leaves them when it removes these: see the catalog.
func openCRIO(r *room) {
	const socket = "/run/crio/crio.sock"
	r.readyForPods(socket)
	r.Does(NeedProgram("skopeo").Path, "--insecure-policy", "copy", "docker-archive:"+r.imageFile(),
		"containers-storage:[vfs@/var/lib/containers/storage+/run/containers/storage]"+imageName)
	r.writeFile("policy.json", `{"default": [{"type": "insecureAcceptAnything"}]}`)
	r.writeFile("crio.conf", fmt.Sprintf(`[crio]
root = "/var/lib/containers/storage"
runroot = "/run/containers/storage"
storage_driver = "vfs"
log_dir = %q
[crio.api]
listen = %q
[crio.runtime]
cgroup_manager = "cgroupfs"
conmon_cgroup = "pod"
default_runtime = "runc"
pinns_path = %q
disable_hostport_mapping = true
container_attach_socket_dir = %q
[crio.runtime.runtimes.runc]
runtime_path = %q
monitor_path = %q
[crio.image]
pause_image = %q
pause_command = %q
signature_policy = %q
[crio.network]
network_dir = %q
plugin_dirs = [%q]
`, r.Path("logs"), socket, NeedProgram("pinns").Path, r.Path("attach"), NeedProgram("runc").Path, NeedProgram("conmon").Path,
		imageName, waiting, r.Path("policy.json"), r.Path("networks"), pluginDir()))
	r.serve(socket, "crio", "--config="+r.Path("crio.conf"), "--config-dir="+r.Path("none"))
	r.expectImage()
}

// readyForPods makes what pods need besides who runs them, and crictl ready for a server
// at the socket.
func (r *room) readyForPods(socket string) {
	NeedKconfig("CONFIG_OVERLAY_FS") // of which containerd's containers have their roots
	NeedKconfig("CONFIG_VETH")       // which ties pods to the host
	NeedKconfig("CONFIG_FAIR_GROUP_SCHED")
	containers.HandOut("cpu") // of which every pod gets a share
	r.SetUp("lo")             // by which crictl reaches what it has executed
	r.writeFile("crictl.yaml", fmt.Sprintf("runtime-endpoint: unix://%s\ntimeout: %d\n", socket, int(r.Patience.Seconds())))
	Arrange(r.Mkdir(r.Path("networks")))
	r.writeFile("networks/pods.conflist", r.podNetwork())
}

func pluginDir() string { return filepath.Dir(NeedProgram("cni/ptp").Path) }

// podNetwork returns the configuration of the network of pods: a link to the room for
// each, and an address, without which containerd runs none.
func (r *room) podNetwork() string {
	return string(Get(json.Marshal(object{
		"cniVersion": "0.4.0", "name": "pods",
		"plugins": []object{{
			"type": "ptp",
			"ipam": object{"type": "host-local", "dataDir": r.Path("addresses"), "ranges": [][]object{{{"subnet": "10.83.0.0/24"}}}},
		}},
	})))
}

// expectImage waits until the server knows of the image, which others have loaded.
func (r *room) expectImage() {
	Eventually(func() int {
		status, _ := r.Execute(r.crictlLine("inspecti", imageName)...)
		return status
	}).WithTimeout(r.Patience).WithPolling(interval).Should(BeZero(), "the interface's word for the image")
}
