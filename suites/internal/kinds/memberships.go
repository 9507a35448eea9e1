package kinds

import (
	"fmt"
	"os"

	"github.com/nsconform/nsconform/harness"
)

// Memberships returns what the links under /proc/PID/ns of s say, those of its
// children's namespaces among them. A link that leads nowhere, such as
// pid_for_children before the first child, has its errno for a text.
func Memberships(s *harness.Subject) (map[string]string, error) {
	dir := fmt.Sprintf("/proc/%d/ns", s.PID())
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	all := make(map[string]string, len(entries))
	for _, entry := range entries {
		text, err := os.Readlink(dir + "/" + entry.Name())
		if err != nil {
			text = err.Error()
		}
		all[entry.Name()] = text
	}
	return all, nil
}
