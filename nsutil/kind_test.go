package nsutil

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestKinds(t *testing.T) {
	kinds := Kinds()
	if len(kinds) != 8 || !slices.IsSorted(kinds) {
		t.Errorf("Kinds() = %v, want eight, sorted", kinds)
	}
	kinds[0] = "changed"
	if Kinds()[0] != Cgroup {
		t.Error("a caller can change what Kinds returns to others")
	}
}

func TestKindAndFlagTranslateBothWays(t *testing.T) {
	var all int
	for _, k := range Kinds() {
		flag := k.Flag()
		if got, ok := KindOf(flag); !ok || got != k {
			t.Errorf("KindOf(%s.Flag()) = %s, %v", k, got, ok)
		}
		all |= flag
	}
	want := unix.CLONE_NEWCGROUP | unix.CLONE_NEWIPC | unix.CLONE_NEWNET | unix.CLONE_NEWNS |
		unix.CLONE_NEWPID | unix.CLONE_NEWTIME | unix.CLONE_NEWUSER | unix.CLONE_NEWUTS
	if all != want {
		t.Errorf("all flags = %#x, want %#x", all, want)
	}
	if flag := Kind("pid_for_children").Flag(); flag != 0 {
		t.Errorf("an unknown kind has flag %#x, want 0", flag)
	}
	for _, flag := range []int{0, -1, unix.CLONE_VM, unix.CLONE_NEWUTS | unix.CLONE_NEWIPC} {
		if k, ok := KindOf(flag); ok {
			t.Errorf("KindOf(%#x) = %s, want none", flag, k)
		}
	}
}

func TestKindFile(t *testing.T) {
	got := []string{UTS.File(7), PID.File(0), Mnt.File(1)}
	want := []string{"/proc/7/ns/uts", "/proc/self/ns/pid", "/proc/1/ns/mnt"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFlagString(t *testing.T) {
	for flags, want := range map[int]string{
		0:                                     "0",
		unix.CLONE_NEWUTS:                     "CLONE_NEWUTS",
		unix.CLONE_NEWIPC | unix.CLONE_NEWUTS: "CLONE_NEWUTS|CLONE_NEWIPC",
		unix.CLONE_NEWUSER | unix.CLONE_NEWTIME | 0x11: "CLONE_NEWUSER|CLONE_NEWTIME|0x11",
		unix.CLONE_CLEAR_SIGHAND:                       "0x100000000",
		unix.CLONE_FS | unix.CLONE_FILES:               "CLONE_FS|CLONE_FILES",
	} {
		if got := FlagString(flags); got != want {
			t.Errorf("FlagString(%#x) = %q, want %q", flags, got, want)
		}
	}
}

func TestFlagNamesAreEachForOneBit(t *testing.T) {
	seen := 0
	for _, f := range cloneFlags {
		if f.flag&(f.flag-1) != 0 || seen&f.flag != 0 {
			t.Errorf("%s = %#x is not a bit of its own", f.name, f.flag)
		}
		seen |= f.flag
	}
	for _, k := range Kinds() {
		if seen&k.Flag() == 0 {
			t.Errorf("the flag of %s has no name", k)
		}
	}
}
