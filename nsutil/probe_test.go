package nsutil

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRefusedWith(t *testing.T) {
	for _, c := range []struct {
		got  error
		want error // nil: the kernel has it
	}{
		{unix.EINVAL, nil},
		{unix.ENOSYS, errLacking},
		{unix.EPERM, unix.EPERM},
		{unix.EMFILE, unix.EMFILE},
	} {
		if err := refusedWith(unix.EINVAL, c.got); !errors.Is(err, c.want) {
			t.Errorf("refusedWith(EINVAL, %v) = %v, want %v", c.got, err, c.want)
		}
	}
	for _, accepted := range []error{nil, unix.Errno(0)} {
		if err := refusedWith(unix.EINVAL, accepted); err == nil || errors.Is(err, errLacking) {
			t.Errorf("an accepted call is judged %v, want inconclusive", err)
		}
	}
}

func TestJudgeSetnsPidfd(t *testing.T) {
	for got, want := range map[error]error{
		unix.EPERM:  nil,
		unix.EINVAL: errLacking,
		unix.ENOMEM: unix.ENOMEM,
	} {
		if err := judgeSetnsPidfd(got); !errors.Is(err, want) {
			t.Errorf("judgeSetnsPidfd(%v) = %v, want %v", got, err, want)
		}
	}
	if err := judgeSetnsPidfd(nil); err == nil || errors.Is(err, errLacking) {
		t.Errorf("an accepted call is judged %v, want inconclusive", err)
	}
}

// What a kernel without pidfds in setns does to a pidfd, every kernel does to
// a plain file.
func TestSetnsProbeTellsPidfdFromOtherFile(t *testing.T) {
	f := open(t, "/dev/null")
	var setnsErr error
	if err := withoutSysAdmin(func() { setnsErr = unix.Setns(int(f.Fd()), unix.CLONE_NEWNS) }); err != nil {
		t.Fatal(err)
	}
	if err := judgeSetnsPidfd(setnsErr); !errors.Is(err, errLacking) {
		t.Errorf("setns to /dev/null gives %v, judged %v, want lacking", setnsErr, err)
	}
}

func TestWithoutSysAdminTakesItAndGivesItBack(t *testing.T) {
	effective := func() (CapSet, int) {
		s, err := parseFile("/proc/thread-self/status", ParseStatus)
		if err != nil {
			t.Error(err)
		}
		return s.CapEff, s.Pid
	}
	before, err := StatusOf(0)
	if err != nil {
		t.Fatal(err)
	}
	var during CapSet
	var thread int
	if err := withoutSysAdmin(func() { during, thread = effective() }); err != nil {
		t.Fatal(err)
	}
	const sysAdmin = 1 << unix.CAP_SYS_ADMIN
	if want := before.CapEff &^ sysAdmin; during != want {
		t.Errorf("effective capabilities inside are %v, want %v", during, want)
	}
	after, err := StatusOf(thread)
	if err == nil && after.CapEff != before.CapEff {
		t.Errorf("effective capabilities of the thread are %v afterwards, want %v", after.CapEff, before.CapEff)
	}
}

func TestProbeOfKindThatNoKernelHas(t *testing.T) {
	if err := probeKind("nonsense"); !errors.Is(err, errLacking) {
		t.Errorf("probe of a kind that no kernel has: %v, want lacking", err)
	}
	if os.Geteuid() == 0 {
		return
	}
	// An ordinary user gets a conclusive answer, too, to all that needs no privilege.
	for _, f := range Features() {
		if err := Supports(f); err != nil && !errors.Is(err, ErrNotSupported) {
			t.Errorf("%s: %v", f, err)
		}
	}
}
