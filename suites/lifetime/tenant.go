package lifetime

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// tenant is a namespace in a room, by the processes that keep it.
type tenant struct {
	room   *room
	inside *harness.Subject
	// holder is the process that made the namespace. It is inside itself, unless
	// the kind takes in only its children: then it keeps the namespace for these.
	holder *harness.Subject
}

// admit makes a namespace in the room and marks it.
func (r *room) admit() tenant {
	t := tenant{room: r, holder: r.guest()}
	Expect(t.holder.Unshare(r.kind.Flag())).To(Succeed())
	if r.mark != nil {
		Arrange(r.mark.Settle(t.holder))
	}
	if t.inside = t.holder; kinds.ForChildren(r.kind) {
		t.inside = Get(t.holder.Fork())
	}
	if r.mark != nil {
		Arrange(r.mark.Put(t.inside))
	}
	return t
}

// join returns the tenant's namespace by processes from outside of the room that
// have joined it.
func (r *room) join(t tenant) tenant {
	joined := tenant{room: r, holder: Get(r.keeper.Fork())}
	Expect(joined.holder.Join(t.inside, r.kind)).To(Succeed())
	if joined.inside = joined.holder; kinds.ForChildren(r.kind) {
		joined.inside = Get(joined.holder.Fork())
	}
	return joined
}

// id returns the identity of the namespace, as the suite sees it.
func (t tenant) id() nsutil.ID { return Get(t.inside.NS(t.room.kind)) }

// file returns the path of the namespace's file.
func (t tenant) file() string { return t.room.kind.File(t.inside.PID()) }

// end ends every process that keeps the namespace.
func (t tenant) end() {
	for _, process := range t.processes() {
		Arrange(process.End())
	}
}

// processes returns every process that keeps the namespace, those inside first.
func (t tenant) processes() []*harness.Subject {
	if t.inside == t.holder {
		return []*harness.Subject{t.inside}
	}
	return []*harness.Subject{t.inside, t.holder}
}

// expectKept claims that the namespace behind through's descriptor can be joined,
// and is a tenant's that all members have left.
func (r *room) expectKept(through *harness.Subject, fd int) {
	visitor := Get(through.Fork())
	Expect(r.look(visitor)).NotTo(Equal(r.kept()), "the visitor is not inside yet")
	Expect(visitor.Setns(fd, r.kind.Flag())).To(Succeed())
	r.expectMark(visitor)
	Arrange(visitor.End())
}

// expectKeptAt is expectKept for a bind mount, which is open only for the visit.
func (r *room) expectKeptAt(path string) {
	opener := Get(r.keeper.Fork())
	fd, err := opener.Open(path, unix.O_RDONLY|unix.O_CLOEXEC)
	Expect(err).NotTo(HaveOccurred())
	r.expectKept(opener, fd)
	Arrange(opener.End())
}

// bind mounts a namespace file on a new file of the keeper's.
func (r *room) bind(file, name string) (path string) {
	path = r.directory() + "/" + name
	Arrange(r.create(path))
	Expect(r.keeper.Bind(file, path)).To(Succeed())
	return path
}

// forEveryKind describes something that holds for namespaces of every kind.
func forEveryKind(text string, body func(kind nsutil.Kind)) {
	for _, kind := range nsutil.Kinds() {
		Describe("a "+string(kind)+" namespace "+text, Label(string(kind)), func() { body(kind) })
	}
}
