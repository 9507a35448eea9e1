package mountmodel

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/mountmodel/model"
	. "github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// kernel is the running kernel, with a process in each namespace of the model.
// They see nothing but the model's mounts: the namespaces' other mounts are
// outside of their root directories.
type kernel struct {
	scope    *scope
	subjects []*harness.Subject // by namespace; nil where there is none
	devices  map[string]string  // of each file system, by its name
}

// scope is a scope that ends before the spec does.
type scope struct {
	harness.TB
	harness.Verdicts
	ends []func()
}

// Cleanup implements [harness.TB].
func (s *scope) Cleanup(end func()) { s.ends = append(s.ends, end) }

// begin arranges the model's first namespace, whose root is a tmpfs on dir.
func begin(dir string) *kernel {
	k := &kernel{scope: &scope{TB: T(), Verdicts: T().(harness.Verdicts)}}
	k.enter(harness.NewScope(k.scope, Limits).Spawn(harness.Named("ns0"), harness.Cloned(nsutil.Mnt)), dir)
	return k
}

// beginLogged is begin, but all calls are told with the spec's failure.
func beginLogged(dir string) *kernel {
	k := &kernel{scope: &scope{}}
	k.enter(Spawn(harness.Named("ns0"), harness.Cloned(nsutil.Mnt)), dir)
	return k
}

// enter has a process in a namespace of its own make and enter the root.
func (k *kernel) enter(s *harness.Subject, dir string) {
	Arrange(s.MakePrivate())
	Arrange(s.Mount("t0", dir, "tmpfs", 0, "mode=755"))
	Arrange(s.Chroot(dir))
	Arrange(s.Chdir("/"))
	Arrange(furnish(s, ""))
	k.devices = map[string]string{}
	k.put(0, s)
}

// furnish makes the directories that every file system of the model has.
func furnish(s *harness.Subject, at string) error {
	for _, dir := range model.Dirs() {
		if err := s.Mkdir(at + "/" + dir); err != nil {
			return fmt.Errorf("make a directory in the new mount: %w", err)
		}
	}
	return nil
}

// End implements [model.Kernel].
func (k *kernel) End() {
	for _, end := range k.scope.ends {
		end()
	}
}

// put notes which process is in a namespace.
func (k *kernel) put(space int, s *harness.Subject) {
	for len(k.subjects) <= space {
		k.subjects = append(k.subjects, nil)
	}
	k.subjects[space] = s
}

// Do implements [model.Kernel].
func (k *kernel) Do(step model.Step) error {
	if step.Space >= len(k.subjects) || k.subjects[step.Space] == nil {
		return nil
	}
	s := k.subjects[step.Space]
	recursive := 0
	if step.Recursive {
		recursive = unix.MS_REC
	}
	switch step.Kind {
	case model.Mount:
		if err := s.Mount(step.FS, step.Target, "tmpfs", 0, "mode=755"); err != nil {
			return err
		}
		return furnish(s, step.Target)
	case model.Bind:
		return s.Mount(step.Source, step.Target, "", unix.MS_BIND|recursive, "")
	case model.Move:
		return s.Mount(step.Source, step.Target, "", unix.MS_MOVE, "")
	case model.Change:
		return s.Mount("none", step.Target, "", types[step.Type]|recursive, "")
	case model.Umount:
		flags := 0
		if step.Detach {
			flags = unix.MNT_DETACH
		}
		return s.Umount(step.Target, flags)
	}
	return k.doSpace(s, step)
}

var types = map[model.Type]int{
	model.Shared: unix.MS_SHARED, model.Slave: unix.MS_SLAVE,
	model.Private: unix.MS_PRIVATE, model.Unbindable: unix.MS_UNBINDABLE,
}

// doSpace does a step that begins or ends a namespace.
func (k *kernel) doSpace(s *harness.Subject, step model.Step) error {
	child := s
	var err error
	switch step.Kind {
	case model.End:
		k.subjects[step.Space] = nil
		if err = s.Exit(0); err == nil {
			_, err = s.Wait()
		}
		return err
	case model.Clone:
		child, err = s.Clone(unix.CLONE_NEWNS)
	case model.Unshare:
		if child, err = s.Fork(); err == nil {
			err = child.Unshare(unix.CLONE_NEWNS)
		}
	case model.Leave:
		k.subjects[step.Space] = nil
		err = s.Unshare(unix.CLONE_NEWNS)
	}
	if err == nil {
		k.put(step.To, child)
	}
	return err
}
