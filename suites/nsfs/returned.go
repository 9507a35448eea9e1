package nsfs

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// question is an ioctl asked about a namespace of a kind, with what the answer stands for.
type question struct {
	name    string
	ask     ask
	kind    nsutil.Kind
	related nsutil.Kind
}

// questions returns every question that has an answer.
func questions() []question {
	all := []question{
		{"NS_GET_PARENT", parent, nsutil.PID, nsutil.PID},
		{"NS_GET_PARENT", parent, nsutil.User, nsutil.User},
	}
	for _, kind := range nsutil.Kinds() {
		all = append(all, question{"NS_GET_USERNS", owner, kind, nsutil.User})
	}
	return all
}

// scene returns somebody who may ask, a member of the namespace to ask about, and
// one of the namespace that is the answer.
func (q question) scene() (outside, member, relative *harness.Subject) {
	outside, root := Spawn(harness.Named("outside")), rootOfNew("root")
	switch {
	case q.kind == nsutil.User:
		return outside, below(root), root
	case q.related == nsutil.User:
		return outside, isolate(root, q.kind), root
	}
	relative = isolate(root, q.kind)
	return outside, isolate(relative, q.kind), relative
}

var _ = Specs("A descriptor that an ioctl on a namespace file returns:", Label("nsfs"), func() {
	for _, q := range questions() {
		Describe(fmt.Sprintf("%s on a %s namespace", q.name, q.kind), Label(string(q.kind)), func() {
			It("is read-only and close-on-exec", Proves("nsfs-returned-fd-rdonly-cloexec"), func() {
				outside, member, _ := q.scene()
				for _, flags := range []int{0, unix.O_CLOEXEC} {
					fd := Get(outside.Open(q.kind.File(member.PID()), flags))
					answer, err := q.ask(outside, fd)
					Expect(err).NotTo(HaveOccurred())
					Expect(outside.Fcntl(answer, unix.F_GETFL, 0)).To(WithTransform(accessMode, Equal(unix.O_RDONLY)))
					_, err = outside.Write(answer, []byte("x"))
					Expect(err).To(MatchError(unix.EBADF), "it is not open for writing")
					Expect(outside.Fcntl(answer, unix.F_GETFD, 0)).To(Equal(unix.FD_CLOEXEC))
				}
				plain := Get(outside.Open(q.kind.File(member.PID()), 0))
				Expect(outside.Fcntl(plain, unix.F_GETFD, 0)).To(BeZero(), "another descriptor is not close-on-exec")
			})

			It("has the device and inode of the file in /proc", Proves("nsfs-returned-fd-same-inode-as-proc"), func() {
				outside, member, relative := q.scene()
				answer, err := q.ask(outside, open(outside, member, q.kind))
				Expect(err).NotTo(HaveOccurred())
				stat := Get(outside.Fstat(answer))
				file := Get(outside.Stat(q.related.File(relative.PID())))
				Expect(nsutil.ID{Dev: stat.Dev, Ino: stat.Ino}).To(Equal(nsutil.ID{Dev: file.Dev, Ino: file.Ino}))
				Expect(outside.Readlink(fmt.Sprintf("/proc/self/fd/%d", answer))).To(Equal(fmt.Sprintf("%s:[%d]", q.related, file.Ino)))
				Expect(outside.Readlink(q.related.File(relative.PID()))).To(Equal(fmt.Sprintf("%s:[%d]", q.related, stat.Ino)))
				Expect(outside.NSFile(q.related.File(outside.PID()))).NotTo(Equal(ns(relative, q.related)), "others have another inode")
			})

			It("can be joined and asked in turn", Proves("nsfs-returned-fd-usable-and-pins"), func() {
				outside, member, relative := q.scene()
				visitor := Get(outside.Fork())
				answer, err := q.ask(visitor, open(visitor, member, q.kind))
				Expect(err).NotTo(HaveOccurred())
				Expect(visitor.NSType(answer)).To(Equal(cloneFlags[q.related]))
				Expect(parent.of(visitor, answer)).To(Equal(ns(outside, q.related)))
				Expect(owner.of(visitor, answer)).To(Equal(q.ownerOf(outside, relative)))

				Expect(ns(visitor, q.related)).NotTo(Equal(ns(relative, q.related)))
				Expect(visitor.Setns(answer, q.related.Flag())).To(Succeed())
				Expect(ns(Get(visitor.Fork()), q.related)).To(Equal(ns(relative, q.related)))
			})
		})
	}
})

// ownerOf returns the owner of the namespace that is the answer.
func (q question) ownerOf(outside, relative *harness.Subject) nsutil.ID {
	if q.related == nsutil.User {
		return ns(outside, nsutil.User)
	}
	return ns(relative, nsutil.User)
}

func accessMode(flags int) int { return flags & unix.O_ACCMODE }
