package nsutil

import (
	"errors"
	"fmt"
	"sync"
)

// Feature is something that a kernel may or may not have, by its name. Ask
// [Supports] about it.
type Feature string

// The features beside the kinds of namespace, which [Kind.Feature] returns.
const (
	// Clone3 is the system call clone3(2), since Linux 5.3.
	Clone3 Feature = "clone3"
	// PidfdOpen is the system call pidfd_open(2), since Linux 5.3. A kernel that has it
	// has CLONE_PIDFD, too, which came one release earlier.
	PidfdOpen Feature = "pidfd_open"
	// PidfdGetfd is the system call pidfd_getfd(2), since Linux 5.6.
	PidfdGetfd Feature = "pidfd_getfd"
	// SetnsPidfd is setns(2) with a PID file descriptor, since Linux 5.8.
	SetnsPidfd Feature = "setns with a pidfd"
	// CloseRange is the system call close_range(2), since Linux 5.9.
	CloseRange Feature = "close_range"
	// MountAPI are the system calls fsopen(2), fsconfig(2), fsmount(2), fspick(2),
	// open_tree(2) and move_mount(2), all since Linux 5.2.
	MountAPI Feature = "fsopen"
	// PidfdNamespaces are the ioctls PIDFD_GET_UTS_NAMESPACE and the like, which open the
	// namespaces of a pidfd's process without /proc, since Linux 6.11.
	PidfdNamespaces Feature = "PIDFD_GET_*_NAMESPACE"
	// MntNamespaceID is the ioctl NS_GET_MNTNS_ID, since Linux 6.11.
	MntNamespaceID Feature = "NS_GET_MNTNS_ID"
	// NamespaceID is the ioctl NS_GET_ID, since Linux 6.18.
	NamespaceID Feature = "NS_GET_ID"
)

// Feature returns the feature that a kernel has when it has namespaces of
// this kind and their file under /proc/PID/ns: "uts namespaces".
func (k Kind) Feature() Feature {
	return Feature(string(k) + " namespaces")
}

// feature is what is known of a Feature, and what was found out.
type feature struct {
	name   Feature
	since  Version
	config string
	// probe is nil when the running kernel has the feature, errLacking when it
	// has not, and any other error when it cannot tell.
	probe func() error

	mu        sync.Mutex
	concluded bool
	answer    error
}

// errLacking is a probe's conclusive no.
var errLacking = errors.New("the kernel lacks it")

// Features returns every feature that [Supports] knows, in the order in which
// kernels got them.
func Features() []Feature {
	names := make([]Feature, len(features))
	for i, f := range features {
		names[i] = f.name
	}
	return names
}

// Since returns the first upstream kernel that has the feature; the zero Version for
// an unknown one.
func (f Feature) Since() Version {
	if known := f.find(); known != nil {
		return known.since
	}
	return Version{}
}

// Config returns the kernel configuration option without which a kernel lacks the
// feature, "CONFIG_TIME_NS", or "" when it is always built in.
func (f Feature) Config() string {
	if known := f.find(); known != nil {
		return known.config
	}
	return ""
}

func (f Feature) find() *feature {
	for _, known := range features {
		if known.name == f {
			return known
		}
	}
	return nil
}

func (f Feature) notSupported() error {
	return &NotSupportedError{Feature: string(f), Since: f.Since(), Config: f.Config()}
}

// Supports finds out, by trying, whether the running kernel has a feature. It is
// nil when it has, [ErrNotSupported] when it has not, and any other error when this
// process cannot tell; see the package's error contract. It needs no privilege
// and leaves nothing behind.
func Supports(f Feature) error {
	known := f.find()
	if known == nil {
		return fmt.Errorf("probe %q: no such feature; Features lists them", f)
	}
	return known.supports()
}

func (f *feature) supports() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.concluded {
		return f.answer
	}
	switch err := f.probe(); {
	case err == nil:
		f.concluded = true
	case errors.Is(err, errLacking):
		f.concluded, f.answer = true, f.name.notSupported()
	default:
		return fmt.Errorf("probe %s: %w", f.name, err)
	}
	return f.answer
}
