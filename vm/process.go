package vm

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// process is a running QEMU and our ends of its sockets, or the files in their place.
type process struct {
	console, serial, virtio, qmp *os.File
	stderr                       bounded

	cmd    *exec.Cmd
	exited chan error // gets QEMU's exit, once
	done   chan struct{}
}

// socketPair returns our end, which the Go runtime polls, and QEMU's.
func socketPair(name string) (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make socket pair: %w", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		unix.Close(fds[0])
		unix.Close(fds[1])
		return nil, nil, fmt.Errorf("make socket pair: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), name), os.NewFile(uintptr(fds[1]), name+" of QEMU"), nil
}

// inherited are the files that QEMU inherits.
type inherited struct {
	files []*os.File
	close []*os.File // those of them that are ours no more
}

// add returns the descriptor that f has in QEMU.
func (i *inherited) add(f *os.File) int {
	const first = 3 // of [exec.Cmd.ExtraFiles]
	i.files = append(i.files, f)
	return first + len(i.files) - 1
}

// give is add, of a file to be closed here.
func (i *inherited) give(f *os.File) int {
	i.close = append(i.close, f)
	return i.add(f)
}

func descriptorPath(fd int) string { return fmt.Sprintf("/proc/self/fd/%d", fd) }

// startQEMU starts a machine; m's descriptors and files are filled in here.
// What initramfs writes is held in memory only. Unless memory is nil, it is
// the machine's.
func startQEMU(qemu string, m machine, initramfs func(*os.File) error, memory *os.File) (*process, error) {
	p := &process{exited: make(chan error, 1), done: make(chan struct{})}
	var files inherited
	defer func() {
		for _, f := range files.close {
			f.Close()
		}
	}()
	if err := p.connect(&m, &files); err != nil {
		p.close()
		return nil, err
	}
	if memory != nil {
		m.memory = descriptorPath(files.add(memory))
	}
	if !m.incoming {
		archive, err := inMemory("initramfs", initramfs)
		if err != nil {
			p.close()
			return nil, err
		}
		m.initramfs = descriptorPath(files.give(archive))
	}
	cmd := exec.Command(qemu, m.arguments()...)
	cmd.ExtraFiles = files.files
	cmd.Stderr = &p.stderr
	cmd.Dir = "/"
	if err := p.start(cmd, m.smallPages); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// connect makes the sockets between us and QEMU, and an exact machine's files.
func (p *process) connect(m *machine, files *inherited) error {
	for _, s := range []struct {
		name string
		ours **os.File
		fd   *int
		file bool
	}{
		{"console", &p.console, &m.consoleFD, false},
		{"serial", &p.serial, &m.serialFD, m.exact},
		{"virtio", &p.virtio, &m.virtioFD, m.exact},
		{"qmp", &p.qmp, &m.qmpFD, false},
	} {
		if s.file {
			f, err := inMemory(s.name, nothingYet)
			if err != nil {
				return err
			}
			*s.ours, *s.fd = f, files.add(f)
			continue
		}
		ours, theirs, err := socketPair(s.name)
		if err != nil {
			return err
		}
		*s.ours, *s.fd = ours, files.give(theirs)
	}
	return nil
}

// inMemory returns a file without a name that has what write writes.
func inMemory(name string, write func(*os.File) error) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("create %s in memory: %w", name, err)
	}
	f := os.NewFile(uintptr(fd), name)
	if err := write(f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func nothingYet(*os.File) error { return nil }

// hugePages is held by whoever sets whether this process has huge pages, which
// passes over fork and exec to QEMU.
var hugePages sync.Mutex

func withoutHugePages(start func() error) error {
	hugePages.Lock()
	defer hugePages.Unlock()
	was, _ := unix.PrctlRetInt(unix.PR_GET_THP_DISABLE, 0, 0, 0, 0)
	unix.Prctl(unix.PR_SET_THP_DISABLE, 1, 0, 0, 0)
	defer unix.Prctl(unix.PR_SET_THP_DISABLE, uintptr(was), 0, 0, 0)
	return start()
}

// start runs cmd so that it dies with this process. The kernel means the
// thread by that (prctl(2), PR_SET_PDEATHSIG), so one is kept for as long as
// QEMU runs.
func (p *process) start(cmd *exec.Cmd, smallPages bool) error {
	p.cmd = cmd
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL, Setpgid: true}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		start := cmd.Start
		if smallPages {
			start = func() error { return withoutHugePages(cmd.Start) }
		}
		err := start()
		started <- err
		if err != nil {
			return
		}
		p.exited <- cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start QEMU: %w", err)
	}
	return nil
}

// kill ends QEMU and returns when it has ended.
func (p *process) kill() {
	p.cmd.Process.Kill() // its only error is that QEMU has ended already
	<-p.done
}

func (p *process) close() {
	for _, f := range []*os.File{p.console, p.serial, p.virtio, p.qmp} {
		if f != nil {
			f.Close()
		}
	}
}
