package limits

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// withoutTime are the kinds whose limits came first.
var withoutTime = []nsutil.Kind{nsutil.Cgroup, nsutil.IPC, nsutil.Mnt, nsutil.Net, nsutil.PID, nsutil.User, nsutil.UTS}

var _ = Specs("/proc/sys/user", Label("limits"), func() {
	for _, row := range []struct {
		promise string
		kinds   []nsutil.Kind
	}{
		{"limit-files-exist", withoutTime},
		{"limit-file-max-time-exists", []nsutil.Kind{nsutil.Time}},
	} {
		It(fmt.Sprintf("has the limits of %v, each a number", row.kinds), Proves(row.promise), func() {
			readers := []*harness.Subject{Spawn(harness.Named("in the suite's user namespace"))}
			if slices.Contains(kinds.Built(), nsutil.User) {
				readers = append(readers, world())
			}
			for _, s := range readers {
				for _, kind := range row.kinds {
					text, err := s.ReadFile(file(kind))
					Expect(err).NotTo(HaveOccurred(), s.Name())
					Expect(text).To(MatchRegexp(`^[0-9]+\n$`), "%s as %s reads it", file(kind), s.Name())
					Expect(s.ReadDir("/proc/sys/user")).To(ContainElement(filepath.Base(file(kind))))
				}
			}
		})
	}

	for _, kind := range nsutil.Kinds() {
		It("lets CAP_SYS_RESOURCE of the user namespace set the limit of "+string(kind)+", and nothing else", Label(string(kind)), Proves("limit-write-needs-cap-sys-resource"), func() {
			need(kind)
			root := worldOfTwo()
			Expect(root.WriteFile(file(kind), "5", 0)).To(Succeed())
			Expect(limitOf(Get(root.Fork()), kind)).To(Equal("5"))
			only, without, nobody := effectively(root, 1), Get(root.Fork()), effectively(root, 1)
			Arrange(only.Capset(harness.Capabilities{Effective: 1 << unix.CAP_SYS_RESOURCE, Permitted: 1 << unix.CAP_SYS_RESOURCE}))
			Expect(only.WriteFile(file(kind), "6", 0)).To(Succeed(), "as another uid")
			Expect(limitOf(root, kind)).To(Equal("6"))

			Arrange(without.DropCapabilities(unix.CAP_SYS_RESOURCE))
			Arrange(nobody.Capset(harness.Capabilities{}))
			for _, s := range []*harness.Subject{without, nobody} {
				for _, flags := range []int{unix.O_WRONLY, unix.O_RDWR} {
					Expect(s.Open(file(kind), flags)).Error().To(MatchError(unix.EACCES))
				}
				Expect(limitOf(s, kind)).To(Equal("6"), "it can still be read")
			}
			Expect(limitOf(root, kind)).To(Equal("6"))
			setLimit(root, kind, 0)
			Expect(try(root, kind)).To(MatchError(unix.ENOSPC), "at the limit that was set last")
		})
	}

	It("lets nobody write who has opened a limit and has CAP_SYS_RESOURCE no more, or in another user namespace only", Proves("limit-write-needs-cap-sys-resource"), func() {
		root := world()
		fd := Get(root.Open(file(nsutil.UTS), unix.O_RDWR))
		Expect(root.Write(fd, []byte("5"))).Error().NotTo(HaveOccurred())
		without, inner := Get(root.Fork()), Get(root.Fork())
		Arrange(without.DropCapabilities(unix.CAP_SYS_RESOURCE))
		Arrange(inner.Unshare(unix.CLONE_NEWUSER))
		Expect(Get(inner.Capget()).Effective & (1 << unix.CAP_SYS_RESOURCE)).NotTo(BeZero())
		for _, s := range []*harness.Subject{without, inner} {
			Get(s.Syscall("lseek", unix.SYS_LSEEK, fd, 0, unix.SEEK_SET))
			Expect(s.Write(fd, []byte("6"))).Error().To(MatchError(unix.EPERM))
			Expect(limitOf(root, nsutil.UTS)).To(Equal("5"))
		}
		Expect(inner.WriteFile(file(nsutil.UTS), "7", 0)).To(Succeed(), "its own")
		Expect(limitOf(root, nsutil.UTS)).To(Equal("5"))
	})

	It("refuses limits that are no number from 0 to 2147483647", Proves("limit-write-needs-cap-sys-resource"), func() {
		root := world()
		setLimit(root, nsutil.UTS, 5)
		for _, wrong := range []string{"-1", "2147483648", "many"} {
			Expect(root.WriteFile(file(nsutil.UTS), wrong, 0)).To(MatchError(unix.EINVAL), wrong)
			Expect(limitOf(root, nsutil.UTS)).To(Equal("5"))
		}
	})

	for _, kind := range nsutil.Kinds() {
		It("shows and sets the limit of "+string(kind)+" in the user namespace of who opens it", Label(string(kind)), Proves("limit-is-of-openers-userns"), func() {
			need(kind)
			host, root, sibling := Spawn(harness.Named("host")), world(), world()
			inner := below(root, root, onlyRoot)
			before := Get(limitOf(host, kind))
			Expect(root.WriteFile(file(kind), "5", 0)).To(Succeed())
			Expect(limitOf(Spawn(harness.Joined(root, nsutil.User), harness.Named("joined")), kind)).To(Equal("5"))
			for who, want := range map[*harness.Subject]string{root: "5", host: before, sibling: fmt.Sprint(unlimited), inner: fmt.Sprint(unlimited)} {
				Expect(limitOf(who, kind)).To(Equal(want), "as %s reads it", who.Name())
			}

			setLimit(inner, kind, 7)
			Expect(limitOf(inner, kind)).To(Equal("7"), "more than its parent's")
			Expect(limitOf(root, kind)).To(Equal("5"), "after its child's was set")

			reader := Get(root.Fork())
			fd := Get(reader.Open(file(kind), unix.O_RDONLY))
			Arrange(reader.Unshare(unix.CLONE_NEWUSER))
			Expect(limitOf(reader, kind)).To(Equal(fmt.Sprint(unlimited)), "opened after leaving")
			Expect(reader.Read(fd, 20)).To(Equal([]byte("5\n")), "opened before leaving")

			writer := Spawn(harness.Joined(root, nsutil.User), harness.Named("writer"))
			fd = Get(writer.Open(file(kind), unix.O_WRONLY))
			setLimit(inner, kind, 3)
			Expect(writer.Write(fd, []byte("0"))).Error().NotTo(HaveOccurred())
			Expect(limitOf(root, kind)).To(Equal("0"))
			Expect(limitOf(inner, kind)).To(Equal("3"))
			Expect(limitOf(host, kind)).To(Equal(before))
			Expect(try(root, kind)).To(MatchError(unix.ENOSPC), "in the user namespace whose limit was set")
			Expect(try(sibling, kind)).To(Succeed(), "in another user namespace")
		})
	}

	It("has half of threads-max as every limit of the initial user namespace", Proves("limit-default-half-threads-max"), func() {
		if where := configured(); where != "" {
			SkipFor(reports.SkipSysctl, "%s sets limits or threads-max on this machine", where)
		}
		threads, err := strconv.Atoi(strings.TrimSpace(string(Get(os.ReadFile("/proc/sys/kernel/threads-max")))))
		Arrange(err)
		host := Spawn(harness.Named("host"))
		for _, kind := range limited() {
			Expect(limitOf(host, kind)).To(Equal(fmt.Sprint(threads/2)), "the limit of %s, which nobody should have set since boot", kind)
		}
	})

	It("has 2147483647 as every limit of other user namespaces, whatever is above them", Proves("limit-default-unlimited-in-child"), func() {
		root := world()
		for _, kind := range limited() {
			Expect(limitOf(root, kind)).To(Equal(fmt.Sprint(unlimited)), string(kind))
			setLimit(root, kind, 5)
		}
		inner := below(root, root, onlyRoot)
		for _, kind := range limited() {
			Expect(limitOf(inner, kind)).To(Equal(fmt.Sprint(unlimited)), string(kind))
			Expect(limitOf(root, kind)).To(Equal("5"), string(kind))
		}
		unshared := Get(root.Fork())
		Arrange(unshared.Unshare(unix.CLONE_NEWUSER))
		for _, kind := range limited() {
			Expect(limitOf(unshared, kind)).To(Equal(fmt.Sprint(unlimited)), string(kind))
		}
	})
})

// setting matches a line of sysctl.conf(5), or a parameter of the kernel, that
// changes what the defaults are.
var setting = regexp.MustCompile(`(?m)(^\s*-?|\bsysctl[./])(user[./]max_|kernel[./]threads-max)`)

// configured returns the file by which this machine sets limits at boot, if any.
func configured() string {
	files := []string{"/proc/cmdline", "/etc/sysctl.conf"}
	for _, dir := range []string{"/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"} {
		more, _ := filepath.Glob(dir + "/sysctl.d/*.conf")
		files = append(files, more...)
	}
	for _, name := range files {
		if text, err := os.ReadFile(name); err == nil && setting.Match(text) {
			return name
		}
	}
	return ""
}
