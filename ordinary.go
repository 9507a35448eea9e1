package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/nsconform/nsconform/nsutil"
)

// ordinary is how somebody who is not root runs the specs: as root of a user
// namespace of his own, which owns one namespace of every other kind, so that
// what specs do to the suite's own namespaces is as allowed as it is to root on
// the host.
type ordinary struct {
	uids, gids []syscall.SysProcIDMap // inside, own: the user is 0
	// note says what the ids are.
	note string
}

// newOrdinary tries how far this user gets, and says in one line why not at all.
func newOrdinary() (*ordinary, error) {
	single := &ordinary{
		uids: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		gids: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	several, err := single.withSubordinates()
	if err == nil {
		err = several.try()
	}
	if err == nil {
		several.note = "with subordinate ids"
		return several, nil
	}
	single.note = fmt.Sprintf("with no other id, so that fewer specs apply (%v)", err)
	if err := single.try(); err != nil {
		return nil, fmt.Errorf("--here makes namespaces, for which an ordinary user takes a user namespace first: %w: "+
			"allow that, run it with sudo, or without --here in a virtual machine", explainRefusal(err))
	}
	return single, nil
}

// try starts a process in such namespaces that ends at once.
func (o *ordinary) try() error {
	child := exec.Command("/proc/self/exe")
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	said := &tail{limit: 1 << 10}
	child.Stderr = said
	if err := o.start(child); err != nil {
		return err
	}
	if err := child.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(said.String()))
	}
	return nil
}

// start starts the command in namespaces of its own, below a process that keeps
// them for it; see [ownRoot].
func (o *ordinary) start(child *exec.Cmd) error {
	child.SysProcAttr.Cloneflags = everyNamespace()
	if len(o.uids) == 1 {
		child.Args = slices.Insert(child.Args, 1, ownRootArg, idsMapped)
		child.SysProcAttr.UidMappings, child.SysProcAttr.GidMappings = o.uids, o.gids
		return child.Start()
	}
	child.Args = slices.Insert(child.Args, 1, ownRootArg, idsToCome)
	read, write, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("open a pipe: %w", err)
	}
	defer read.Close()
	defer write.Close()
	child.Stdin = read
	if err := child.Start(); err != nil {
		return err
	}
	if err = newIDMap("newuidmap", child.Process.Pid, o.uids); err == nil {
		err = newIDMap("newgidmap", child.Process.Pid, o.gids)
	}
	if err != nil {
		child.Process.Kill()
		child.Wait()
	}
	return err
}

// everyNamespace returns the CLONE_NEW* flags of all kinds that the kernel has.
func everyNamespace() uintptr {
	flags := 0
	for _, kind := range nsutil.Kinds() {
		if _, err := os.Lstat(kind.File(0)); err == nil {
			flags |= kind.Flag()
		}
	}
	return uintptr(flags)
}

// newIDMap has the set-user-ID program map ids; see newuidmap(1).
func newIDMap(program string, pid int, extents []syscall.SysProcIDMap) error {
	args := []string{fmt.Sprint(pid)}
	for _, e := range extents {
		args = append(args, fmt.Sprint(e.ContainerID), fmt.Sprint(e.HostID), fmt.Sprint(e.Size))
	}
	if said, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, strings.Join(strings.Fields(string(said)), " "))
	}
	return nil
}

// explainRefusal says what keeps an ordinary user from making namespaces.
func explainRefusal(err error) error {
	forbids := map[string]string{"kernel/unprivileged_userns_clone": "0", "kernel/apparmor_restrict_unprivileged_userns": "1"}
	limits, _ := filepath.Glob("/proc/sys/user/max_*_namespaces")
	for _, limit := range limits {
		forbids[strings.TrimPrefix(limit, "/proc/sys/")] = "0"
	}
	var found []string
	for sysctl, value := range forbids {
		if text, err := os.ReadFile("/proc/sys/" + sysctl); err == nil && strings.TrimSpace(string(text)) == value {
			found = append(found, fmt.Sprintf("%s is %s", strings.ReplaceAll(sysctl, "/", "."), value))
		}
	}
	slices.Sort(found)
	if _, missing := os.Lstat("/proc/self/ns/user"); missing != nil {
		found = append(found, "the kernel is built without CONFIG_USER_NS")
	}
	if len(found) == 0 {
		return err
	}
	return fmt.Errorf("%s (%w)", strings.Join(found, ", "), err)
}
