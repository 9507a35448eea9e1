package mount

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// users are ways to use the mount at dir, which has a file and a directory "sub",
// until the process ends.
var users = map[string]func(s *harness.Subject, dir string){
	"an open file":        func(s *harness.Subject, dir string) { Get(s.Open(dir+"/file", unix.O_RDONLY)) },
	"an open directory":   func(s *harness.Subject, dir string) { Get(s.Open(dir+"/sub", unix.O_RDONLY)) },
	"a path descriptor":   func(s *harness.Subject, dir string) { Get(s.Open(dir, unix.O_PATH)) },
	"a working directory": func(s *harness.Subject, dir string) { Arrange(s.Chdir(dir + "/sub")) },
	"a root directory":    func(s *harness.Subject, dir string) { Arrange(s.Chroot(dir)) },
	"a removed file": func(s *harness.Subject, dir string) {
		Get(s.Open(dir+"/gone", unix.O_RDWR|unix.O_CREAT))
		Arrange(s.Unlink(dir + "/gone"))
	},
	"a file that is mapped":   mapped,
	"a program that runs":     func(s *harness.Subject, dir string) { Arrange(s.Exec(dir + "/program")) },
	"a mount below":           nil,
	"a descriptor on its way": sent,
}

// mapped has s map a file into its memory, and close it.
func mapped(s *harness.Subject, dir string) {
	fd := Get(s.Open(dir+"/program", unix.O_RDONLY))
	Get(s.Syscall("mmap", unix.SYS_MMAP, 0, 4096, unix.PROT_READ, unix.MAP_PRIVATE, fd, 0))
	Arrange(s.Close(fd))
}

// sent has s send a descriptor that nobody receives.
func sent(s *harness.Subject, dir string) {
	from, _, err := s.Socketpair(unix.SOCK_STREAM)
	Arrange(err)
	fd := Get(s.Open(dir+"/file", unix.O_RDONLY))
	Arrange(s.SendFd(from, fd))
	Arrange(s.Close(fd))
}

// inn returns a process that has mounted something to use at the returned directory.
func inn() (s *harness.Subject, dir string) {
	s, dir = mounts.Stage()
	place(s, dir+"/on", "file")
	Arrange(s.Mkdir(dir + "/on/sub"))
	install(s, dir+"/on/program", 0o755)
	return s, dir + "/on"
}
