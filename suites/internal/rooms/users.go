package rooms

import (
	"fmt"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	. "github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// Account gives a user, in the room only, a name, and subordinate ids to map. There are
// no others but root then.
func (r *Room) Account(name string, user, first, count int) {
	NeedInitial(nsutil.User) // elsewhere newuidmap's set-user-ID bit is of a user who is not there
	for file, text := range map[string]string{
		"passwd": fmt.Sprintf("root:x:0:0:root:/:/bin/sh\n%s:x:%d:%[2]d::/:/bin/sh\n", name, user),
		"group":  fmt.Sprintf("root:x:0:\n%s:x:%d:\n", name, user),
		"subuid": fmt.Sprintf("%s:%d:%d\n", name, first, count),
		"subgid": fmt.Sprintf("%s:%d:%d\n", name, first, count),
	} {
		if unix.Access("/etc/"+file, unix.F_OK) != nil {
			SkipFor(reports.SkipResource, "there is no /etc/%s to put another over", file)
		}
		Arrange(r.WriteFile(r.File(file), text, 0))
		Arrange(r.Chmod(r.Path(file), 0o644))
		Arrange(r.Bind(r.Path(file), "/etc/"+file))
	}
}
