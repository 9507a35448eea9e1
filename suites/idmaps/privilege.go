package idmaps

import (
	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// mapCaps are the capabilities that the page names for the map files.
var mapCaps = map[string]int{"uid_map": unix.CAP_SETUID, "gid_map": unix.CAP_SETGID}

var capName = map[string]string{"uid_map": "CAP_SETUID", "gid_map": "CAP_SETGID"}

// otherCap is the one for the other file.
var otherCap = map[string]int{"uid_map": unix.CAP_SETGID, "gid_map": unix.CAP_SETUID}

// ofAlice returns a child of a process of alice's, without capabilities, in a new
// user namespace, which she owns.
func (w world) ofAlice() (alices, target *harness.Subject) {
	alices = as(w.root, alice, alice)
	return alices, fresh(alices)
}

// denied is ofAlice with setgroups denied there.
func (w world) denied() (alices, target *harness.Subject) {
	alices, target = w.ofAlice()
	Expect(write(target, target, "setgroups", "deny")).To(Succeed())
	return alices, target
}

// several are maps that take a capability in the user namespace above.
var several = []string{"0 0 1000", "0 100 1", "0 11 2", "0 11 1\n1 12 1\n", fillers(7)}

var _ = Specs("To write a map of uids or gids", Label("user", "idmaps"), func() {
	for _, file := range idFiles {
		setid, other := mapCaps[file], otherCap[file]
		always := []int{unix.CAP_DAC_OVERRIDE, unix.CAP_SETFCAP} // to open the file, and for uid 0

		It("takes CAP_SYS_ADMIN in its user namespace, by who is above: "+file, Proves("user-map-write-needs-cap-in-target", "user-map-rule-violation-eperm"), func() {
			w := newWorld()
			_, target := w.denied()
			everything := append([]int{unix.CAP_SETUID, unix.CAP_SETGID, unix.CAP_SYS_PTRACE, unix.CAP_SETPCAP, unix.CAP_SYS_RESOURCE, unix.CAP_CHOWN}, always...)
			refused := as(w.root, bob, bob, everything...)
			expectAllRefused(refused, target, file, unix.EPERM, append(several, "0 12 1", "0 11 1")...)
			suspended := as(w.root, bob, bob, append(everything, unix.CAP_SYS_ADMIN)...)
			caps := Get(suspended.Capget())
			caps.Effective &^= 1 << unix.CAP_SYS_ADMIN
			Arrange(suspended.Capset(caps))
			expectRefused(suspended, target, file, "0 12 1", unix.EPERM)
			expectWritten(as(w.root, bob, bob, append(always, setid, unix.CAP_SYS_ADMIN)...), target, file, "0 100 7")
		})

		It("takes CAP_SYS_ADMIN in its user namespace, by who is there: "+file, Proves("user-map-write-needs-cap-in-target", "user-map-rule-violation-eperm"), func() {
			w := newWorld()
			for _, row := range []struct {
				caps  []int
				errno error
			}{
				{nil, unix.EPERM}, {[]int{setid}, unix.EPERM}, {[]int{unix.CAP_SETUID, unix.CAP_SETGID, unix.CAP_SETFCAP, unix.CAP_DAC_OVERRIDE}, unix.EPERM},
				{[]int{unix.CAP_SYS_ADMIN}, nil}, {[]int{unix.CAP_SYS_ADMIN, other}, nil},
			} {
				_, target := w.denied()
				s := Get(target.Fork())
				only(s, row.caps...)
				if row.errno != nil {
					expectRefused(s, target, file, "0 11 1", row.errno)
					expectWritten(target, target, file, "0 11 1")
				} else {
					expectWritten(s, target, file, "0 11 1")
				}
			}
		})

		It("takes no capability by its owner: "+file, Proves("user-map-write-needs-cap-in-target"), func() {
			w := newWorld()
			alices, target := w.denied()
			Expect(Get(alices.Capget())).To(Equal(harness.Capabilities{}))
			expectWritten(alices, target, file, "0 11 1")
		})

		It("of any ids of the one above takes "+capName[file]+" there: "+file, Proves("user-map-arbitrary-ids-with-cap-in-parent", "user-map-rule-violation-eperm"), func() {
			w := newWorld()
			able := append(always, unix.CAP_SYS_ADMIN, setid)
			for _, row := range []struct {
				who   string
				s     func(alices, target *harness.Subject) *harness.Subject
				errno error
			}{
				{"bob, with it", func(_, _ *harness.Subject) *harness.Subject { return as(w.root, bob, bob, able...) }, nil},
				{"the owner, with it", func(_, _ *harness.Subject) *harness.Subject { return as(w.root, alice, alice, setid, unix.CAP_SETFCAP) }, nil},
				{"root, with it", func(_, _ *harness.Subject) *harness.Subject { return as(w.root, 0, 0, able...) }, nil},
				{"root, with all", func(_, _ *harness.Subject) *harness.Subject { return w.root }, nil},
				{"bob, with the other", func(_, _ *harness.Subject) *harness.Subject {
					return as(w.root, bob, bob, append(always, unix.CAP_SYS_ADMIN, other)...)
				}, unix.EPERM},
				{"the owner, with the other", func(_, _ *harness.Subject) *harness.Subject {
					return as(w.root, alice, alice, other, unix.CAP_SETFCAP, unix.CAP_SYS_ADMIN)
				}, unix.EPERM},
				{"root, with all but it", func(_, _ *harness.Subject) *harness.Subject {
					s := Get(w.root.Fork())
					without(s, setid)
					return s
				}, unix.EPERM},
				{"bob, who has it permitted, not in effect", func(_, _ *harness.Subject) *harness.Subject {
					s := as(w.root, bob, bob, able...)
					caps := Get(s.Capget())
					caps.Effective &^= 1 << setid
					Arrange(s.Capset(caps))
					return s
				}, unix.EPERM},
				{"the owner", func(alices, _ *harness.Subject) *harness.Subject { return alices }, unix.EPERM},
				{"who has it inside", func(_, target *harness.Subject) *harness.Subject { return target }, unix.EPERM},
			} {
				alices, target := w.ofAlice()
				if row.errno != nil {
					expectAllRefused(row.s(alices, target), target, file, row.errno, several...)
					continue
				}
				s := row.s(alices, target)
				for _, text := range several { // though setgroups is allowed
					expectWritten(s, fresh(alices), file, text)
				}
			}
		})
	}

	It("with a capability above lets those inside have the ids", Proves("user-map-arbitrary-ids-with-cap-in-parent"), func() {
		w := newWorld()
		_, target := w.ofAlice()
		expectWritten(as(w.root, bob, bob, unix.CAP_DAC_OVERRIDE, unix.CAP_SYS_ADMIN, unix.CAP_SETUID), target, "uid_map", "0 100 10\n10 1000 1")
		expectWritten(as(w.root, bob, bob, unix.CAP_DAC_OVERRIDE, unix.CAP_SYS_ADMIN, unix.CAP_SETGID), target, "gid_map", "0 200 10\n10 2000 1")
		expectIs(target, 0, 9, outer+100, outer+209)
		expectIs(target, 10, 10, outer+1000, outer+2000)
	})
})
