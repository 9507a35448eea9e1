package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"
)

// Processes that run tests beside each other on one machine make whatever the
// others can see, mounts and cgroups, below names with their mark.

var own = fmt.Sprintf("%d-0", os.Getpid())

var marked = regexp.MustCompile(`nsconform-(\d+-\d+)`)

// Mark returns the name of which everything of this process that others can see
// is called, or that it is in.
func Mark() string { return "nsconform-" + own }

// Beside sets the mark of this process, two numbers with a hyphen, which is to
// run tests beside others, and makes a directory for its temporary files. Who
// chooses the mark calls [Tidy] when this process has ended.
func Beside(mark string) error {
	own = mark
	directory := directoryOf(mark)
	if err := os.Mkdir(directory, 0o755); err != nil {
		return fmt.Errorf("make a directory for temporary files: %w", err)
	}
	return os.Setenv("TMPDIR", directory)
}

// Tidy removes what a process with that mark has left: the mounts in its
// directory, and the directory.
func Tidy(mark string) {
	directory := directoryOf(mark)
	for _, line := range lines("/proc/self/mountinfo") {
		if f := strings.Fields(line); len(f) > 5 && strings.HasPrefix(f[4], directory+"/") {
			unix.Unmount(f[4], unix.MNT_DETACH)
		}
	}
	os.RemoveAll(directory)
}

func directoryOf(mark string) string { return filepath.Join(os.TempDir(), "nsconform-"+mark) }

// others reports whether a thing, by its name, belongs to another process that
// runs tests.
func others(name string) bool {
	found := marked.FindStringSubmatch(name)
	return found != nil && found[1] != own
}
