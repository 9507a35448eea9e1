package nsfs

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// requests are the ioctls of namespace files that every kernel has.
var requests = []struct {
	name   string
	number uint
}{
	{"NS_GET_USERNS", unix.NS_GET_USERNS},
	{"NS_GET_PARENT", unix.NS_GET_PARENT},
	{"NS_GET_NSTYPE", unix.NS_GET_NSTYPE},
	{"NS_GET_OWNER_UID", unix.NS_GET_OWNER_UID},
}

// unknown are numbers that mean nothing to nsfs: of its own type beyond those in
// use, those in use with a size or direction that they do not have, and other types'.
var unknown = map[string]uint{
	"0xb700":                            0xb700,
	"0xb7c8":                            0xb7c8,
	"0xb7ff":                            0xb7ff,
	"NS_GET_USERNS as _IOR of an int":   0x8004b701,
	"NS_GET_PARENT as _IOW of an int":   0x4004b702,
	"NS_GET_NSTYPE as _IOR of a long":   0x8008b703,
	"NS_GET_OWNER_UID as _IOR of a int": 0x8004b704,
	"NS_GET_USERNS of type 0xb6":        0xb601,
	"NS_GET_NSTYPE of type 0":           0x0003,
	"TCGETS":                            unix.TCGETS,
	"no bits":                           0,
	"all bits":                          0xffffffff,
}

var _ = Specs("An ioctl", Label("nsfs"), func() {
	for _, request := range requests {
		It("of namespace files is refused on every other file: "+request.name, Proves("nsfs-ioctl-on-other-file-enotty"), func() {
			kinds.Need(nsutil.User)
			s := Spawn()
			for what, fd := range otherFiles(s) {
				before := Get(s.ReadDir("/proc/self/fd"))
				_, err := s.Ioctl(fd, request.number, nil)
				Expect(err).To(MatchError(unix.ENOTTY), "on %s", what)
				Expect(s.ReadDir("/proc/self/fd")).To(Equal(before), "on %s", what)
			}

			var uid uint32
			_, err := s.Ioctl(open(s, rootOfNew("root"), nsutil.User), request.number, harness.Struct(&uid))
			Expect(err).NotTo(HaveOccurred(), "it is known to namespace files")
		})
	}

	for _, kind := range nsutil.Kinds() {
		It("that nobody knows is refused on a "+string(kind)+" namespace", Label(string(kind)), Proves("nsfs-unknown-ioctl-enotty"), func() {
			outside := Spawn(harness.Named("outside"))
			fd := open(outside, isolate(rootOfNew("root"), kind), kind)
			for name, request := range unknown {
				const untouched = 0xabad1dea
				argument := uint64(untouched)
				_, err := outside.Ioctl(fd, request, harness.Struct(&argument))
				Expect(err).To(MatchError(unix.ENOTTY), name)
				Expect(argument).To(BeEquivalentTo(untouched), name)
			}
			Expect(outside.NSType(fd)).To(Equal(cloneFlags[kind]), "the same descriptor answers what it knows")
		})
	}
})

// otherFiles opens files of many kinds, some of them near to namespace files.
func otherFiles(s *harness.Subject) map[string]int {
	files := map[string]int{}
	for _, path := range []string{"/", "/dev/null", "/proc/self/ns", "/proc/self/status", "/proc/self/uid_map", "/proc/sys/kernel/hostname"} {
		files[path] = Get(s.Open(path, unix.O_RDONLY))
	}
	r, w, err := s.Pipe()
	Arrange(err)
	files["the reading end of a pipe"], files["the writing end of a pipe"] = r, w
	files["a pidfd"] = Get(s.PidfdOpen(s.PID()))
	files["a Unix socket"] = Get(s.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0))
	files["an Internet socket"] = Get(s.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0))
	files["a memory file"] = int(Get(s.Syscall("memfd_create", unix.SYS_MEMFD_CREATE, "file", 0)))
	files["an event descriptor"] = int(Get(s.Syscall("eventfd2", unix.SYS_EVENTFD2, 0, 0)))
	return files
}
