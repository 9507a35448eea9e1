package nsutil

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Version is a kernel's version number. What follows the numbers in a
// release, "-rc7" or "-39-cloud-amd64", is no part of it: a release candidate
// counts as the release it becomes, as it should have that release's features.
type Version struct {
	Major, Minor, Patch int
}

// versionText takes a fourth number for the stable releases of 2.6, and drops it.
var versionText = regexp.MustCompile(`^(\d{1,5})\.(\d{1,5})(?:\.(\d{1,5})(?:\.\d+)?)?(?:[-+~_a-zA-Z].*)?\z`)

// ParseVersion parses a kernel release as uname -r prints it, "6.1.0-39-cloud-amd64" or
// "7.3-rc7", or a plain "6.12".
func ParseVersion(release string) (Version, error) {
	m := versionText.FindStringSubmatch(release)
	if m == nil {
		return Version{}, fmt.Errorf("parse kernel version %q: does not start with a number like 6.12 or 6.1.0", release)
	}
	var parts [3]int
	for i, digits := range m[1:] {
		// The pattern admits five digits, or none for the patch level: both fit.
		parts[i], _ = strconv.Atoi(digits)
	}
	return Version{parts[0], parts[1], parts[2]}, nil
}

var assumed atomic.Pointer[Version]

// Assume has [Running] and [RunningUpstream] return v, whatever the kernel says of
// itself: for a kernel that is no Linux, and promises what another version of Linux
// does than its release says. The zero Version ends that.
func Assume(v Version) {
	if v == (Version{}) {
		assumed.Store(nil)
		return
	}
	assumed.Store(&v)
}

// Running returns the version of the running kernel. It tells what a kernel should
// have; distributions add features to old ones: prefer [Supports] to find
// out what it has.
func Running() (Version, error) {
	if v := assumed.Load(); v != nil {
		return *v, nil
	}
	release, err := runningRelease()
	if err != nil {
		return Version{}, err
	}
	return ParseVersion(release)
}

// RunningUpstream returns the running kernel's version as its upstream counts.
// Distributions may leave the patch level out of the release and name it in the
// version text: "5.10.0-46-cloud-amd64", "#1 SMP Debian 5.10.262-1 (2026-07-31)".
func RunningUpstream() (Version, error) {
	if v := assumed.Load(); v != nil {
		return *v, nil
	}
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return Version{}, fmt.Errorf("ask the kernel for its release: %w", err)
	}
	return upstream(unix.ByteSliceToString(uts.Release[:]), unix.ByteSliceToString(uts.Version[:]))
}

func upstream(release, version string) (Version, error) {
	v, err := ParseVersion(release)
	if err != nil {
		return Version{}, err
	}
	for _, word := range strings.Fields(version) {
		if named, err := ParseVersion(word); err == nil && named.Major == v.Major && named.Minor == v.Minor && named.Patch > v.Patch {
			return named, nil
		}
	}
	return v, nil
}

func runningRelease() (string, error) {
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return "", fmt.Errorf("ask the kernel for its release: %w", err)
	}
	return unix.ByteSliceToString(uts.Release[:]), nil
}

// String returns "6.12.0", always with the patch level.
func (v Version) String() string {
	return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
}

// Compare returns -1, 0 or +1 as v is older than, the same as or newer than w.
func (v Version) Compare(w Version) int {
	return cmp.Or(
		cmp.Compare(v.Major, w.Major),
		cmp.Compare(v.Minor, w.Minor),
		cmp.Compare(v.Patch, w.Patch),
	)
}

// AtLeast tells whether v is w or newer.
func (v Version) AtLeast(w Version) bool {
	return v.Compare(w) >= 0
}
