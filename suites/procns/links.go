package procns

import (
	"errors"
	"os"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// links is what the entries of /proc/PID/ns say of a process, by their names.
type links map[string]string

// linksOf reads them. pid_for_children of a namespace without a first child may
// have no target: that is a value, too.
func linksOf(s *harness.Subject) links {
	all := links{}
	for _, e := range expected() {
		target, err := os.Readlink(e.of(s))
		if errors.Is(err, unix.ENOENT) && e.name == "pid_for_children" {
			target, err = "none", nil
		}
		Expect(err).NotTo(HaveOccurred())
		all[e.name] = target
	}
	return all
}

// changed returns the names of the entries in which two processes differ.
func (l links) changed(other links) []string {
	var names []string
	for name, target := range l {
		if other[name] != target {
			names = append(names, name)
		}
	}
	return names
}

// namesOf returns the entries that show a process's own namespaces of the kinds,
// and with forChildren those that show its children's.
func namesOf(of []nsutil.Kind, own, forChildren bool) []string {
	var names []string
	for _, e := range expected() {
		children := e.name != string(e.kind)
		if slices.Contains(of, e.kind) && (own && !children || forChildren && children) {
			names = append(names, e.name)
		}
	}
	return names
}

// create makes new namespaces of the kinds for a new child of creator. The child
// made by unshare(2) is the caller's, where that only puts children into them.
func create(creator *harness.Subject, way harness.Way, of ...nsutil.Kind) (*harness.Subject, error) {
	child, err := creator.Isolate(way, of...)
	if err != nil {
		return nil, err
	}
	if way == harness.ByUnshare && slices.ContainsFunc(of, kinds.ForChildren) {
		return child.Fork()
	}
	return child, nil
}

// can says whether namespaces of the kinds can be made that way: the bit of
// CLONE_NEWTIME is part of the exit signal in the flags of clone(2).
func can(way harness.Way, of ...nsutil.Kind) bool {
	return way != harness.ByClone || !slices.Contains(of, nsutil.Time)
}

func flagsOf(of []nsutil.Kind) int {
	flags := 0
	for _, kind := range of {
		flags |= kind.Flag()
	}
	return flags
}
