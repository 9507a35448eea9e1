package limits

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// unlimited is the greatest limit, MAXINT.
const unlimited = 2147483647

// onlyRoot maps uid 0 of a user namespace to itself.
const onlyRoot = "0 0 1"

// world returns root, with all capabilities, of a new user namespace to which
// nothing has been charged yet.
func world() *harness.Subject { return worldOf(onlyRoot) }

// worldOfTwo is world with a uid 1, which outside is one that owns nothing on
// this machine.
func worldOfTwo() *harness.Subject { return worldOf("0 0 1\n1 60001 1") }

func worldOf(uids string) *harness.Subject {
	kinds.Need(nsutil.User)
	return Spawn(harness.Cloned(nsutil.User), harness.Mapped(uids), harness.Named("root"))
}

// below returns root of a user namespace that creator makes below its own. Who
// is root of creator's maps the ids.
func below(creator, root *harness.Subject, uids string) *harness.Subject {
	child := Get(creator.Clone(unix.CLONE_NEWUSER))
	for _, file := range []string{"uid_map", "gid_map"} {
		Arrange(root.WriteFile(fmt.Sprintf("/proc/%d/%s", child.PID(), file), uids, 0))
	}
	Arrange(child.Setresgid(0, 0, 0))
	Arrange(child.Setresuid(0, 0, 0))
	Get(child.Prctl(unix.PR_SET_DUMPABLE, 1))
	return child
}

// effectively returns a child of root with all its capabilities and the given
// effective uid, to which what it creates is charged.
func effectively(root *harness.Subject, uid int) *harness.Subject {
	s := Get(root.Fork())
	all := Get(s.Capget())
	Arrange(s.Setresuid(-1, uid, -1))
	Arrange(s.Capset(all))
	return s
}

// inAllButEffect returns a child of root with all its capabilities and its
// effective uid, whose other uids are the given one.
func inAllButEffect(root *harness.Subject, uid int) *harness.Subject {
	s := Get(root.Fork())
	all := Get(s.Capget())
	Arrange(s.Setresuid(uid, -1, uid))
	Arrange(s.Setfsuid(uid))
	Arrange(s.Capset(all))
	return s
}

// file returns the path of a kind's limit.
func file(kind nsutil.Kind) string { return fmt.Sprintf("/proc/sys/user/max_%s_namespaces", kind) }

// setLimit sets the limit of the user namespace that s is in.
func setLimit(s *harness.Subject, kind nsutil.Kind, limit int) {
	Arrange(s.WriteFile(file(kind), fmt.Sprint(limit), 0))
}

// limitOf returns the limit of the user namespace that s is in, as text.
func limitOf(s *harness.Subject, kind nsutil.Kind) (string, error) {
	text, err := s.ReadFile(file(kind))
	return strings.TrimSpace(text), err
}

// try says whether creator can make one more namespace of the kind.
func try(creator *harness.Subject, kind nsutil.Kind) error {
	_, err := creator.Isolate(harness.ByUnshare, kind)
	return err
}

// need skips the spec where the kernel lacks the kind or its limit.
func need(kind nsutil.Kind) {
	kinds.Need(kind)
	if kind == nsutil.Time {
		NeedKernel("5.7")
	}
}

// limited returns the kinds whose number the running kernel should limit.
func limited() []nsutil.Kind {
	v := Get(nsutil.Running())
	return slices.DeleteFunc(kinds.Built(), func(k nsutil.Kind) bool {
		return k == nsutil.Time && !v.AtLeast(nsutil.Version{Major: 5, Minor: 7})
	})
}

// namespaces returns the identities of all namespaces of s.
func namespaces(s *harness.Subject) map[nsutil.Kind]nsutil.ID {
	ids, err := s.Namespaces()
	Expect(err).NotTo(HaveOccurred())
	return ids
}
