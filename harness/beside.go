package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Processes that run tests beside each other on one machine make whatever the
// others can see, mounts and cgroups, below names with their process id.

var marked = regexp.MustCompile(`nsconform-(\d+)`)

// Mark returns the name of which everything of this process that others can see
// is called, or that it is in.
func Mark() string { return mark(os.Getpid()) }

func mark(pid int) string { return fmt.Sprintf("nsconform-%d", pid) }

// Directory returns the directory for the temporary files of a process.
func Directory(pid int) string { return filepath.Join(os.TempDir(), mark(pid)) }

// others reports whether a thing, by its name, belongs to another process that
// runs tests.
func others(name string) bool {
	found := marked.FindStringSubmatch(name)
	return found != nil && found[1] != strconv.Itoa(os.Getpid())
}

// Tidy removes what a process that has ended early has left: the mounts in its
// directory, and the directory.
func Tidy(pid int) {
	directory := Directory(pid)
	for _, line := range lines("/proc/self/mountinfo") {
		if f := strings.Fields(line); len(f) > 5 && strings.HasPrefix(f[4], directory+"/") {
			unix.Unmount(f[4], unix.MNT_DETACH)
		}
	}
	os.RemoveAll(directory)
}
