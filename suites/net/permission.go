package net

import (
	"fmt"
	"strconv"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// subordinate maps ids that own nothing on this machine, nobody's as well.
const subordinate = "0 100000 30000\n65534 130000 1"

// nobody is a uid without capabilities of its own.
const nobody = 65534

// actor is a member of a network namespace who may or may not do something there.
type actor struct {
	who     string
	subject *harness.Subject
	may     bool
}

// holding makes a child of s with the given uid and these capabilities alone.
func holding(s *harness.Subject, uid int, capabilities ...int) *harness.Subject {
	child := Get(s.Fork())
	Get(child.Prctl(unix.PR_SET_KEEPCAPS, 1))
	Arrange(child.Setresuid(uid, uid, uid))
	set := uint64(0)
	for _, c := range capabilities {
		set |= 1 << c
	}
	Arrange(child.Capset(harness.Capabilities{Effective: set, Permitted: set}))
	return child
}

// allBut returns every capability that s has except one.
func allBut(s *harness.Subject, capability int) []int {
	have := Get(s.Capget()).Permitted
	var others []int
	for c := range 64 {
		if c != capability && have&(1<<c) != 0 {
			others = append(others, c)
		}
	}
	return others
}

// rootBelow makes a child of s that has all capabilities in a new user namespace
// and shares the network namespace.
func rootBelow(s *harness.Subject, capability int) *harness.Subject {
	child := Get(s.Fork())
	Arrange(child.Unshare(unix.CLONE_NEWUSER))
	if Get(child.Capget()).Effective&(1<<capability) == 0 {
		Arrange(fmt.Errorf("the root of a new user namespace lacks capability %d", capability))
	}
	return child
}

// casts are network namespaces owned by the suite's user namespace and by one
// below it, with members on both sides of the line that a capability draws.
var casts = []struct {
	owned string
	cast  func(capability int) (keeper *harness.Subject, actors []actor)
}{
	{"owned by the suite's user namespace", func(capability int) (*harness.Subject, []actor) {
		keeper := lit("keeper")
		return keeper, []actor{
			{"without capabilities", holding(keeper, nobody), false},
			{"with the capability alone", holding(keeper, nobody, capability), true},
			{"with every other capability", holding(keeper, nobody, allBut(keeper, capability)...), false},
			{"with all capabilities in a user namespace below", rootBelow(keeper, capability), false},
		}
	}},
	{"owned by a user namespace below", func(capability int) (*harness.Subject, []actor) {
		keeper := owner("keeper")
		Arrange(setUp(keeper, "lo", true))
		above := Spawn(harness.Joined(keeper, nsutil.Net), harness.Named("above"))
		return keeper, []actor{
			{"without capabilities", holding(keeper, 5), false},
			{"with the capability alone", holding(keeper, 5, capability), true},
			{"with every other capability", holding(keeper, 5, allBut(keeper, capability)...), false},
			{"with all capabilities in a user namespace below", rootBelow(keeper, capability), false},
			{"without capabilities, from above", holding(above, nobody), false},
			{"with the capability alone, from above", holding(above, nobody, capability), true},
			{"with every other capability, from above", holding(above, nobody, allBut(above, capability)...), false},
			{"with all capabilities in a user namespace beside", rootBelow(above, capability), false},
		}
	}},
}

// rights are what a capability gives over a network namespace.
var rights = []struct {
	what, proves string
	capability   int
	errno        unix.Errno
	// use returns the descriptor of what it has opened.
	use []func(s *harness.Subject) (int, error)
}{
	{"CAP_NET_RAW opens packet sockets", "net-packet-socket-cap-in-owner", unix.CAP_NET_RAW, unix.EPERM, []func(*harness.Subject) (int, error){
		func(s *harness.Subject) (int, error) { return s.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0x0300) },
		func(s *harness.Subject) (int, error) { return s.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0x0300) },
		func(s *harness.Subject) (int, error) { return s.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0) },
		func(s *harness.Subject) (int, error) { return s.Socket(unix.AF_PACKET, unix.SOCK_PACKET, 0x0300) },
	}},
	{"CAP_NET_RAW opens raw sockets", "net-raw-socket-cap-in-owner", unix.CAP_NET_RAW, unix.EPERM, []func(*harness.Subject) (int, error){
		func(s *harness.Subject) (int, error) { return s.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP) },
		func(s *harness.Subject) (int, error) { return s.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW) },
		func(s *harness.Subject) (int, error) { return s.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_UDP) },
		func(s *harness.Subject) (int, error) {
			return s.Socket(unix.AF_INET6, unix.SOCK_RAW, unix.IPPROTO_ICMPV6)
		},
		func(s *harness.Subject) (int, error) { return s.Socket(unix.AF_INET6, unix.SOCK_RAW, unix.IPPROTO_RAW) },
	}},
	{"CAP_NET_BIND_SERVICE binds ports below 1024", "net-privileged-port-cap-in-owner", unix.CAP_NET_BIND_SERVICE, unix.EACCES, binds(1, 80, 1023)},
}

// binds are the ways to bind these ports.
func binds(ports ...int) (all []func(*harness.Subject) (int, error)) {
	for _, port := range ports {
		for _, host := range []string{"127.0.0.1:", "[::1]:", "0.0.0.0:", "[::]:"} {
			for _, kind := range []int{unix.SOCK_STREAM, unix.SOCK_DGRAM} {
				all = append(all, func(s *harness.Subject) (int, error) {
					return bound(s, kind, at(host+strconv.Itoa(port)))
				})
			}
		}
	}
	return all
}

var _ = Specs("In a network namespace", Label("net"), func() {
	for _, scene := range casts {
		for _, right := range rights {
			It(scene.owned+", only "+right.what, Proves(right.proves), func() {
				_, actors := scene.cast(right.capability)
				for _, actor := range actors {
					for i, use := range right.use {
						fd, err := use(actor.subject)
						if !actor.may {
							Expect(err).To(MatchError(right.errno), "way %d, by one %s", i, actor.who)
							continue
						}
						Expect(err).NotTo(HaveOccurred(), "way %d, by one %s", i, actor.who)
						Expect(actor.subject.Close(fd)).To(Succeed())
					}
				}
			})
		}
	}
})
