package engines

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = each(func(e engine) {
	if e.pod == nil {
		return
	}
	for _, row := range []struct {
		text   string
		shared []nsutil.Kind
	}{
		{"network, IPC and UTS namespaces", []nsutil.Kind{nsutil.Net, nsutil.IPC, nsutil.UTS}},
		{"PID namespaces, too, where these are asked for", []nsutil.Kind{nsutil.Net, nsutil.IPC, nsutil.UTS, nsutil.PID}},
		{"PID namespaces where these are asked for", []nsutil.Kind{nsutil.Net, nsutil.PID}},
	} {
		if slices.ContainsFunc(e.podKinds, func(kind nsutil.Kind) bool { return !slices.Contains(row.shared, kind) }) {
			continue
		}
		It("pod: containers of a pod share "+row.text+", those of another have other ones", Proves("engine-pod-shares", "engine-exec-enters"), func() {
			r := e.host()
			e.pod(r, "pod", row.shared...)
			e.pod(r, "beside", row.shared...)
			one, two, stranger := r.run(options{pod: "pod"}), r.run(options{pod: "pod"}), r.run(options{pod: "beside"})
			for _, c := range []*container{one, two, stranger} {
				c.expectMember()
			}
			two.expectShared(one, row.shared...)
			stranger.expectShared(one)
			two.expectBeside(two.exec())
		})
	}

	if e.has(nsutil.PID, neighbour) {
		ItOf(nsutil.PID, "a container of a pod is in the namespace of another one there where it is told so", Proves("engine-pod-pid-target", "engine-exec-enters"), func() {
			r := e.host()
			e.pod(r, "pod", e.podKinds...)
			target := r.run(options{pod: "pod"})
			to := map[nsutil.Kind]told{nsutil.PID: {neighbour, target.name}}
			debugger, third := r.run(options{pod: "pod", namespaces: to}), r.run(options{pod: "pod"})
			debugger.expectShared(target, append([]nsutil.Kind{nsutil.PID}, e.podKinds...)...)
			third.expectShared(target, e.podKinds...)
			debugger.expectBeside(debugger.exec())
			Expect(containers.Numbers(Get(target.entered().ReadDir("/proc")))).To(ContainElement(innermost(debugger.pid)), "in the target's procfs")
			inside := third.entered()
			Expect(containers.Numbers(Get(inside.ReadDir("/proc")))).To(ConsistOf("1", fmt.Sprint(Get(inside.Getpid()))), "in a third one's")
		})
	}
})
