package setns

import (
	"errors"
	"os"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/onsi/gomega"
)

// memberships are the identities of the namespaces that a process is in, by the
// names of the entries of /proc/PID/ns.
type memberships map[string]nsutil.ID

// entry returns the name of the entry that setns(2) changes for a kind: joining
// a PID namespace is for children alone.
func entry(kind nsutil.Kind) string {
	if kind == nsutil.PID {
		return "pid_for_children"
	}
	return string(kind)
}

// of returns the memberships of s, as the suite sees them.
func of(s *harness.Subject) memberships {
	all := memberships{}
	for _, kind := range kinds.Built() {
		names := []string{string(kind)}
		if kinds.ForChildren(kind) {
			names = append(names, string(kind)+"_for_children")
		}
		for _, name := range names {
			id, err := nsutil.IDOf(nsutil.Kind(name).File(s.PID()))
			if errors.Is(err, os.ErrNotExist) && name == "pid_for_children" { // no first child yet
				err = nil
			}
			Expect(err).NotTo(HaveOccurred())
			all[name] = id
		}
	}
	return all
}
