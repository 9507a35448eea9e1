package procns

import (
	"errors"
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/program"
	. "github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// settingDumpable is a program that reads a byte from its standard input, sets
// its dumpable attribute to that (prctl(2), PR_SET_DUMPABLE) and writes the byte
// back to where it has come from, again and again until there is no more to read.
var settingDumpable = program.Code{
	"amd64": {
		0x31, 0xc0, 0x31, 0xff, 0x48, 0x89, 0xe6, 0xba, 1, 0, 0, 0, 0x0f, 0x05, // read(0, sp, 1)
		0xff, 0xc8, 0x75, 0x23, // 1 or end
		0xb8, 157, 0, 0, 0, 0xbf, 4, 0, 0, 0, 0x0f, 0xb6, 0x34, 0x24, 0x0f, 0x05, // prctl(PR_SET_DUMPABLE, *sp)
		0xb8, 1, 0, 0, 0, 0x31, 0xff, 0x48, 0x89, 0xe6, 0xba, 1, 0, 0, 0, 0x0f, 0x05, // write(0, sp, 1)
		0xeb, 0xcb,
		0xb8, 60, 0, 0, 0, 0x0f, 0x05, // exit
	},
	"arm64": program.Words(
		0xd2800000, 0x910003e1, 0xd2800022, 0xd28007e8, 0xd4000001, // read(0, sp, 1)
		0xf100041f, 0x54000161, // 1 or end
		0xd2800080, 0x394003e1, 0xd28014e8, 0xd4000001, // prctl(PR_SET_DUMPABLE, *sp)
		0xd2800000, 0x910003e1, 0xd2800022, 0xd2800808, 0xd4000001, // write(0, sp, 1)
		0x17fffff0,
		0xd2800ba8, 0xd4000001, // exit
	),
}

// executed is a process that has called execve in the namespaces and with the
// credentials it has, and from then on only does what it is told.
type executed struct {
	*harness.Subject
	parent *harness.Subject
	line   int // the parent's end of what connects them
}

// execute makes a child of parent's that first prepares, unless that is nil, and then executes a program.
func execute(parent *harness.Subject, prepare func(s *harness.Subject)) executed {
	line, standard, err := parent.Socketpair(unix.SOCK_STREAM)
	Arrange(err)
	s := Get(parent.Fork())
	if prepare != nil {
		prepare(s)
	}
	Arrange(s.Close(line))
	Get(s.Syscall("dup3", unix.SYS_DUP3, standard, 0, 0))
	_, err = s.Syscall("execve", unix.SYS_EXECVE, Get(program.Load(s, settingDumpable)), harness.Strings{"dumpable"}, harness.Strings(nil))
	if dead := new(harness.DeadError); !errors.As(err, &dead) {
		Arrange(fmt.Errorf("execute a program: %w", err))
	}
	e := executed{s, parent, line}
	e.setDumpable(1)
	return e
}

// setDumpable has the program set its dumpable attribute.
func (e executed) setDumpable(value byte) {
	Get(e.parent.Write(e.line, []byte{value}))
	Get(e.parent.Read(e.line, 1))
}
