package nsutil

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// probeSetnsPidfd asks setns, through a pidfd of this process (5.8,
// 303cc571d107), for the mount namespace, on a thread that may not have it: without
// CAP_SYS_ADMIN a kernel that takes pidfds says EPERM, an older one finds no
// namespace file and says EINVAL.
//
// The mount namespace is never configured out. It is safe twice over: with the
// privilege the call would still fail, as Go's threads share their root and working
// directory, and what it asks for is the namespace that the process is in.
func probeSetnsPidfd() error {
	// A seccomp filter says EPERM to setns, too, but says it to this call as well.
	if err := unix.Setns(-1, 0); !errors.Is(err, unix.EBADF) {
		return fmt.Errorf("setns is interfered with: %w", orAccepted(err))
	}
	pidfd, err := openSelf()
	if err != nil {
		return orLacking(err, unix.ENOSYS)
	}
	defer unix.Close(pidfd)

	var setnsErr error
	if err := withoutSysAdmin(func() { setnsErr = unix.Setns(pidfd, unix.CLONE_NEWNS) }); err != nil {
		return err
	}
	return judgeSetnsPidfd(setnsErr)
}

func judgeSetnsPidfd(err error) error {
	if errors.Is(err, unix.EPERM) {
		return nil
	}
	return orLacking(orAccepted(err), unix.EINVAL)
}

func orAccepted(err error) error {
	if err == nil {
		return errors.New("the kernel accepted a call that it must refuse")
	}
	return err
}

// withoutSysAdmin runs f on a thread of its own whose effective capabilities lack
// CAP_SYS_ADMIN. The permitted ones stay, so the thread can have it back; a thread
// that does not get it back ends, as it stays locked to a goroutine that ends.
func withoutSysAdmin(f func()) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		usable, err := loweringSysAdmin(f)
		if usable {
			runtime.UnlockOSThread()
		}
		done <- err
	}()
	return <-done
}

// loweringSysAdmin does that on this thread and tells whether the thread is as before.
func loweringSysAdmin(f func()) (usable bool, err error) {
	const sysAdmin = 1 << unix.CAP_SYS_ADMIN
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var before [2]unix.CapUserData
	if err := unix.Capget(&header, &before[0]); err != nil {
		return true, fmt.Errorf("read the thread's capabilities: %w", err)
	}
	lowered := before
	lowered[0].Effective &^= sysAdmin
	if err := unix.Capset(&header, &lowered[0]); err != nil {
		return true, fmt.Errorf("lower the thread's capabilities: %w", err)
	}
	f()
	if err := unix.Capset(&header, &before[0]); err != nil {
		return false, fmt.Errorf("restore the thread's capabilities: %w", err)
	}
	return true, nil
}
