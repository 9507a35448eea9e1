package cni

import (
	"encoding/json"

	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// The specification's numbers of errors.
const (
	wrongVersion    = 1
	wrongParameters = 4
	undecodable     = 6
	wrongConfig     = 7
)

// wrongOrders are made from one that is right.
var wrongOrders = []struct {
	what string
	code int
	says string // in the message
	make func(o *order)
}{
	{"without the container's id", wrongParameters, "CNI_CONTAINERID", func(o *order) { o.id = "" }},
	{"without a path", wrongParameters, "CNI_NETNS", func(o *order) { o.netns = "" }},
	{"without an interface's name", wrongParameters, "CNI_IFNAME", func(o *order) { o.ifname = "" }},
	{"with an id that does not begin with a letter or digit", wrongParameters, "", func(o *order) { o.id = "-red" }},
	{"with a name that is too long for an interface", wrongParameters, "", func(o *order) { o.ifname = "sixteen-letters0" }},
	{"of a version that there is not", wrongVersion, "", func(o *order) { o.config = text(network("ptp", "red").with("cniVersion", "99.0.0")) }},
	{"of no JSON", undecodable, "", func(o *order) { o.config = "red" }},
	{"of a network without a name", wrongConfig, "", func(o *order) { o.config = text(network("ptp", "")) }},
}

var _ = Specs("A CNI plugin", Label("cni"), func() {
	for _, wrong := range wrongOrders {
		It("refuses an order "+wrong.what, Proves("cni-error-object"), func() {
			r := newRoom()
			n := r.ptp()
			red := r.container("red")
			before := links(r.Subject)
			right := (&attachment{to: red, config: n, ifname: "eth0"}).order("ADD")
			o := right
			wrong.make(&o)
			f := r.fails(o)
			Expect(f.Code).To(Equal(wrong.code), "%+v", f)
			Expect(f.Message + f.Details).To(ContainSubstring(wrong.says))
			Expect(names(red.member())).To(Equal([]string{"lo"}))
			Expect(links(r.Subject)).To(Equal(before))
			Expect(r.reserved("red")).To(BeEmpty())
			r.succeeds(right)
		})
	}

	It("tells the versions that it keeps to", Proves("cni-version"), func() {
		r := newRoom()
		for _, kind := range []string{"bridge", "ptp", "macvlan", "loopback", "host-local"} {
			said := r.succeeds(order{command: "VERSION", kind: kind, config: `{"cniVersion": "` + version + `"}`})
			told := decoded(said)
			for _, kept := range []any{"0.4.0", version, told["cniVersion"]} {
				Expect(told["supportedVersions"]).To(ContainElement(kept), said)
			}
		}
	})
})

// noNamespaces are paths of what is no network namespace.
var noNamespaces = []struct {
	what string
	path func(r *room) string
}{
	{"that does not exist", func(r *room) string { return r.Path("nothing") }},
	{"of a file", func(r *room) string {
		Arrange(r.WriteFile(r.Path("file"), "", unix.O_CREAT))
		return r.Path("file")
	}},
	{"of a folder", func(r *room) string { return r.Dir }},
	{"of a UTS namespace", func(*room) string { return "/proc/self/ns/uts" }},
	{"of a file in /proc", func(*room) string { return "/proc/uptime" }},
}

var _ = Specs("CNI ADD by a path", Label("cni"), func() {
	for _, wrong := range noNamespaces {
		for _, kind := range kinds {
			It(wrong.what+" fails, and "+kind.plugin+" leaves nothing", Proves("cni-add-no-netns-fails"), func() {
				r := newRoom()
				n := kind.network(r)
				if kind.plugin == "bridge" {
					r.container("blue").add(n) // makes the bridge, which stays
				}
				before, reserved := links(r.Subject), r.reserved("red")
				bad := (&attachment{to: &container{room: r, name: "red", netns: wrong.path(r)}, config: n, ifname: "eth0"}).order("ADD")
				r.fails(bad)
				Expect(links(r.Subject)).To(Equal(before))
				Expect(r.reserved("red")).To(Equal(reserved))

				bad.netns = r.container("red").netns
				r.succeeds(bad)
			})
		}
	}
})

func decoded(said string) map[string]any {
	object := map[string]any{}
	Expect(json.Unmarshal([]byte(said), &object)).To(Succeed(), said)
	return object
}
