package newer

import (
	"errors"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// person is a process or thread, with its ids in the PID namespaces it is in.
type person struct {
	*harness.Subject
	pid, tgid map[nsutil.ID]int
}

// knows returns a person whose lineage of PID namespaces is that of the
// processes, from the outermost to its own.
func knows(s *harness.Subject, lineage ...*harness.Subject) person {
	status := Get(nsutil.StatusOf(s.PID()))
	p := person{s, map[nsutil.ID]int{}, map[nsutil.ID]int{}}
	for i, member := range lineage {
		p.pid[ns(member, nsutil.PID)] = status.NSpid[i]
		p.tgid[ns(member, nsutil.PID)] = status.NStgid[i]
	}
	return p
}

// family returns processes and threads of four PID namespaces: the suite's own,
// one below it, one below that, and one beside these two. Nobody has the same
// id in two of them.
func family() (homes []*harness.Subject, people []person) {
	kinds.Need(nsutil.PID)
	outside := Spawn(harness.Named("outside"))
	upper := Get(outside.Clone(unix.CLONE_NEWPID))
	Get(upper.Fork())
	worker := Get(upper.Fork())
	lower := Get(worker.Clone(unix.CLONE_NEWPID))
	grandchild := Get(lower.Fork())
	aside := Get(outside.Clone(unix.CLONE_NEWPID))
	return []*harness.Subject{outside, upper, lower, aside}, []person{
		knows(outside, outside),
		knows(upper, outside, upper),
		knows(Get(worker.Thread()), outside, upper),
		knows(worker, outside, upper),
		knows(lower, outside, upper, lower),
		knows(Get(grandchild.Thread()), outside, upper, lower),
		knows(aside, outside, aside),
		knows(Get(aside.Fork()), outside, aside),
	}
}

// translation is an ioctl that translates ids between PID namespaces.
type translation struct {
	name    string
	request uint
	from    bool // from the descriptor's namespace into the caller's, not the other way round
	tgid    bool
}

var translations = []translation{
	{"NS_GET_PID_FROM_PIDNS", unix.NS_GET_PID_FROM_PIDNS, true, false},
	{"NS_GET_TGID_FROM_PIDNS", unix.NS_GET_TGID_FROM_PIDNS, true, true},
	{"NS_GET_PID_IN_PIDNS", unix.NS_GET_PID_IN_PIDNS, false, false},
	{"NS_GET_TGID_IN_PIDNS", unix.NS_GET_TGID_IN_PIDNS, false, true},
}

func (t translation) requirement() string {
	if t.from {
		return "nsfs-pid-from-pidns"
	}
	return "nsfs-pid-in-pidns"
}

// expect claims that caller, who is in the namespace own, has p's id translated.
func (t translation) expect(caller *harness.Subject, fd int, own, other nsutil.ID, p person) {
	source, target := own, other
	if t.from {
		source, target = other, own
	}
	if p.pid[source] == 0 {
		return // there is nothing to translate
	}
	want := p.pid[target]
	if t.tgid {
		want = p.tgid[target]
	}
	got, err := caller.Ioctl(fd, t.request, p.pid[source])
	if want == 0 {
		expectNobody(err, "%s asks for %s, who is out of sight", caller.Name(), p.Name())
		return
	}
	Expect(err).NotTo(HaveOccurred(), "%s asks for %s", caller.Name(), p.Name())
	Expect(got).To(Equal(want), "%s asks for %s", caller.Name(), p.Name())
}

// expectNobody claims that an ioctl has found no process, and said so.
func expectNobody(err error, format string, args ...any) {
	if errors.Is(err, unix.ENOTTY) {
		Deviates("nsfs-pidns-nobody-enotty", format+": ENOTTY, as if the ioctl were unknown", args...)
		return
	}
	Expect(err).To(MatchError(unix.ESRCH), append([]any{format}, args...)...)
}

var _ = Specs("An ioctl that translates process ids", Label("newer", "pid"), func() {
	for _, t := range translations {
		Describe(t.name, Proves(t.requirement()), func() {
			It("goes between the descriptor's PID namespace and the caller's, and finds only who is in both", func() {
				homes, people := family()
				for _, home := range homes {
					for _, other := range homes {
						fd := open(home, other, nsutil.PID)
						caller := powerless(home)
						for _, p := range people {
							t.expect(caller, fd, ns(home, nsutil.PID), ns(other, nsutil.PID), p)
						}
					}
				}
			})

			It("goes by the PID namespace that the caller is in, whatever namespace its children or its privileges are in", func() {
				homes, people := family()
				outside, upper := homes[0], homes[1]
				caller := Get(outside.Fork())
				Arrange(caller.Join(upper, nsutil.PID))
				stranger := Get(outside.Fork())
				fd := open(stranger, upper, nsutil.PID)
				Arrange(stranger.Unshare(unix.CLONE_NEWUSER))
				for _, p := range people {
					t.expect(caller, open(caller, upper, nsutil.PID), ns(outside, nsutil.PID), ns(upper, nsutil.PID), p)
					t.expect(stranger, fd, ns(outside, nsutil.PID), ns(upper, nsutil.PID), p)
				}
			})

			It("finds nobody by the id of a process that is gone, or that none can have", func() {
				kinds.Need(nsutil.PID)
				outside := Spawn(harness.Named("outside"))
				init := Get(outside.Clone(unix.CLONE_NEWPID))
				gone := Get(init.Fork())
				source, target := ns(outside, nsutil.PID), ns(init, nsutil.PID)
				fd, p := open(outside, init, nsutil.PID), knows(gone, outside, init)
				t.expect(outside, fd, source, target, p)
				Arrange(gone.End())
				id := p.pid[source]
				if t.from {
					id = p.pid[target]
				}
				for _, id := range []int{id, 0, -1, 1 << 30} {
					_, err := outside.Ioctl(fd, t.request, id)
					expectNobody(err, "the id %d", id)
				}
			})

			It("is refused on a namespace of another kind", func() {
				outside := Spawn(harness.Named("outside"))
				settler := settle("settler")
				for _, kind := range without(nsutil.PID) {
					for _, s := range []*harness.Subject{outside, settler} {
						_, err := outside.Ioctl(open(outside, s, kind), t.request, outside.PID())
						Expect(err).To(MatchError(unix.EINVAL), "on a %s namespace", kind)
					}
				}
				Expect(outside.Ioctl(open(outside, outside, nsutil.PID), t.request, outside.PID())).To(Equal(outside.PID()))
			})
		})
	}
})
