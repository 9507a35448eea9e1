package engines

import (
	"net"
	"os"

	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
)

// serve starts a daemon, and returns when it answers at the socket that it is spoken to
// by.
func (r *room) serve(socket, name string, options ...string) {
	daemon := r.Start(0, append([]string{NeedProgram(name).Path}, options...)...)
	Eventually(func() error {
		connection, err := net.Dial("unix", r.Seen(socket))
		switch {
		case err == nil:
			return connection.Close()
		case rooms.Ended(daemon.PID()):
			return StopTrying(name + " has ended: " + Get(daemon.Output()))
		}
		return err
	}).WithTimeout(r.Patience).WithPolling(interval).Should(Succeed())
}

// refurnish gives the room an /etc of its own, with no more than engines ask for.
func (r *room) refurnish(more ...file) {
	Arrange(r.Mount("none", "/etc", "tmpfs", 0, "mode=755"))
	for _, f := range append([]file{
		{"passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"},
		{"group", "root:x:0:\nnogroup:x:65534:\n"},
		{"hosts", "127.0.0.1 localhost\n"},
		{"resolv.conf", "nameserver 127.0.0.1\n"},
	}, more...) {
		Arrange(os.WriteFile(r.Seen("/etc/"+f.name), []byte(f.text), 0o644))
	}
}

// file is one of the room's /etc.
type file struct{ name, text string }
