package mounts

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/sys/mountinfo"
	"github.com/nsconform/nsconform/harness"
)

// Text returns the subject's mountinfo as the suite's procfs shows it, without
// the option nsdelegate of the cgroup hierarchy: that is the whole machine's, and
// specs that run beside set it.
func Text(s *harness.Subject) (string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", s.PID()))
	return strings.ReplaceAll(string(text), ",nsdelegate", ""), err
}

// Lines returns the lines of [Text].
func Lines(s *harness.Subject) ([]string, error) {
	text, err := Text(s)
	return slices.Collect(strings.Lines(text)), err
}

// Table returns the mounts of the subject's mount namespace below its root, as
// [Text] has them. See proc_pid_mountinfo(5).
func Table(s *harness.Subject) ([]*mountinfo.Info, error) {
	text, err := Text(s)
	if err != nil {
		return nil, err
	}
	return mountinfo.GetMountsFromReader(strings.NewReader(text), nil)
}

// Below returns the mount points below dir that the subject sees, relative to it
// and sorted; a point is there as often as something is mounted on it.
func Below(s *harness.Subject, dir string) ([]string, error) {
	all, err := Table(s)
	points := []string{}
	for _, m := range all {
		if point, below := strings.CutPrefix(m.Mountpoint, dir+"/"); below {
			points = append(points, point)
		}
	}
	slices.Sort(points)
	return points, err
}

// At returns the topmost mount at a mount point of the subject's.
func At(s *harness.Subject, point string) (*mountinfo.Info, error) {
	all, err := Table(s)
	if err != nil {
		return nil, err
	}
	var stack []*mountinfo.Info
	for _, m := range all {
		if m.Mountpoint == point {
			stack = append(stack, m)
		}
	}
	for _, m := range stack {
		covered := func(other *mountinfo.Info) bool { return other != m && other.Parent == m.ID }
		if !slices.ContainsFunc(stack, covered) {
			return m, nil
		}
	}
	return nil, fmt.Errorf("find a mount at %s in mountinfo of %s: there is none", point, s.Name())
}

// Propagation is what the optional fields of a line of mountinfo say: the ids of
// peer groups, 0 where there is none. See mount_namespaces(7), SHARED SUBTREES.
type Propagation struct {
	Shared, Master, From int
	Unbindable           bool
}

// PropagationOf returns what a mount's optional fields say.
func PropagationOf(m *mountinfo.Info) (p Propagation, err error) {
	for field := range strings.FieldsSeq(m.Optional) {
		tag, text, _ := strings.Cut(field, ":")
		id := map[string]*int{"shared": &p.Shared, "master": &p.Master, "propagate_from": &p.From}[tag]
		switch {
		case field == "unbindable":
			p.Unbindable = true
		case id == nil:
			return p, fmt.Errorf("read the optional field %q of mountinfo: unknown", field)
		default:
			if *id, err = strconv.Atoi(text); err != nil {
				return p, fmt.Errorf("read the optional field %q of mountinfo: %w", field, err)
			}
		}
	}
	return p, nil
}

// PropagationAt returns what mountinfo says of the topmost mount at a point.
func PropagationAt(s *harness.Subject, point string) (Propagation, error) {
	m, err := At(s, point)
	if err != nil {
		return Propagation{}, err
	}
	return PropagationOf(m)
}
