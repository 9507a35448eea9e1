package nsutil

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestTypeOf(t *testing.T) {
	for k := range ofSelf(t) {
		f := open(t, k.File(0))
		if got, err := TypeOf(int(f.Fd())); err != nil || got != k {
			t.Errorf("TypeOf(%s) = %s, %v", f.Name(), got, err)
		}
	}
}

func TestIoctlsOnWhatIsNoNamespace(t *testing.T) {
	fd := int(open(t, "/dev/null").Fd())
	calls := map[string]func() error{
		"TypeOf":   func() error { _, err := TypeOf(fd); return err },
		"Owner":    func() error { _, err := Owner(fd); return err },
		"Parent":   func() error { _, err := Parent(fd); return err },
		"OwnerUID": func() error { _, err := OwnerUID(fd); return err },
		"UniqueID": func() error { _, err := UniqueID(fd); return err },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, unix.ENOTTY) || errors.Is(err, ErrNotSupported) {
			t.Errorf("%s on /dev/null: %v, want ENOTTY", name, err)
		}
	}
}

func TestOwnerAndParentOfChild(t *testing.T) {
	needRoot(t, "it creates user and PID namespaces")
	pid, _ := startChild(t, "", &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWUTS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}},
	})
	uts, pidns, user := open(t, UTS.File(pid)), open(t, PID.File(pid)), open(t, User.File(pid))

	wantOpens(t, "the owner of the UTS namespace", Owner, uts, User.File(pid))
	wantOpens(t, "the parent of the user namespace", Parent, user, User.File(0))
	wantOpens(t, "the owner of the user namespace", Owner, user, User.File(0))
	wantOpens(t, "the parent of the PID namespace", Parent, pidns, PID.File(0))

	if uid, err := OwnerUID(int(user.Fd())); err != nil || uid != 0 {
		t.Errorf("OwnerUID = %d, %v, want 0", uid, err)
	}
	if _, err := OwnerUID(int(uts.Fd())); !errors.Is(err, unix.EINVAL) {
		t.Errorf("OwnerUID of a UTS namespace: %v, want EINVAL", err)
	}
	if _, err := Parent(int(uts.Fd())); !errors.Is(err, unix.EINVAL) {
		t.Errorf("Parent of a UTS namespace: %v, want EINVAL", err)
	}
}

func wantOpens(t *testing.T, what string, relative func(int) (int, error), of *os.File, want string) {
	t.Helper()
	fd, err := relative(int(of.Fd()))
	if err != nil {
		t.Errorf("open %s: %v", what, err)
		return
	}
	defer unix.Close(fd)
	wantID, err := IDOf(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := IDOfFd(fd); err != nil || got != wantID {
		t.Errorf("%s is %v, %v, want %s, %v", what, got, err, want, wantID)
	}
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("%s: descriptor flags %#x, %v, want close-on-exec", what, flags, err)
	}
}

func TestUniqueID(t *testing.T) {
	ids := map[uint64]Kind{}
	for k := range ofSelf(t) {
		id, err := UniqueID(int(open(t, k.File(0)).Fd()))
		want := Supports(NamespaceID)
		if k == Mnt {
			want = Supports(MntNamespaceID)
		}
		if errors.Is(err, ErrNotSupported) != errors.Is(want, ErrNotSupported) {
			t.Errorf("UniqueID of %s: %v; its probe says %v", k, err, want)
		}
		if err != nil {
			continue
		}
		if other, taken := ids[id]; taken || id == 0 {
			t.Errorf("%s and %s both have the number %d", k, other, id)
		}
		ids[id] = k
		again, err := UniqueID(int(open(t, k.File(os.Getpid())).Fd()))
		if err != nil || again != id {
			t.Errorf("%s is %d, then %d, %v", k, id, again, err)
		}
	}
}
