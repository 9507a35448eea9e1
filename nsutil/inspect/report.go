package inspect

import (
	"strings"

	"github.com/nsconform/nsconform/nsutil"
)

// Verdict is what can be said of one kind of namespace.
type Verdict string

// The verdicts. A target is isolated in a kind if it has a namespace of its own, and nothing
// was found that leads past it.
const (
	Isolated Verdict = "isolated"
	Shared   Verdict = "shared"  // it is where the host is
	Leaking  Verdict = "leaking" // it has a namespace of its own, and a way around it
	Unknown  Verdict = "unknown" // what it takes to tell may not be seen
)

// Verdicts returns the four verdicts, the best first.
func Verdicts() []Verdict { return []Verdict{Isolated, Shared, Leaking, Unknown} }

// Report is what is known of one process, or of one pinned namespace.
type Report struct {
	// Schema is the version of the JSON that a Report becomes: see [ReportSchema].
	Schema int `json:"schema"`
	// Target is what was asked about.
	Target Target `json:"target"`
	// Reference is whose namespaces count as the host's.
	Reference Reference `json:"reference"`
	// Kinds are sorted by name: all eight for a process, one for a pin.
	Kinds []KindReport `json:"kinds"`
	// Inside is what the target sees.
	Inside Inside `json:"inside"`
	// Unseen says what the caller could not see, and why, a line each.
	Unseen []string `json:"unseen"`
}

// Target is a process or a pinned namespace.
type Target struct {
	// Process is nil for a pin.
	Process *Process `json:"process,omitempty"`
	// UID is the process's effective user, as the caller's user namespace has it.
	UID *uint32 `json:"uid,omitempty"`
	// Path is the pin's, empty for a process.
	Path string `json:"path,omitempty"`
}

// KindReport is what is known of a target's namespace of one kind.
type KindReport struct {
	Kind nsutil.Kind `json:"kind"`
	// Verdict is the kind's, and Reasons say why.
	Verdict Verdict  `json:"verdict"`
	Reasons []string `json:"reasons"`
	// Notes are worth knowing, and no leaks.
	Notes []string `json:"notes,omitempty"`
	// Namespace is nil where it could not be seen, or the kernel lacks the kind.
	Namespace *Namespace `json:"namespace,omitempty"`
}

// String returns the verdict and the reasons, on one line and safe to show on a terminal:
// "uts: shared: its hostname is the host's".
func (k KindReport) String() string {
	text := string(k.Kind) + ": " + string(k.Verdict)
	if len(k.Reasons) > 0 {
		text += ": " + strings.Join(k.Reasons, "; ")
	}
	return plain(text)
}

// Of returns what is known of a kind.
func (r *Report) Of(kind nsutil.Kind) (KindReport, bool) {
	for _, k := range r.Kinds {
		if k.Kind == kind {
			return k, true
		}
	}
	return KindReport{}, false
}

// Inside is what a target sees of the machine. What is nil could not be seen, or is not of
// the target's kind.
type Inside struct {
	// Processes are those in its PID namespace and the ones below.
	Processes *int `json:"processes,omitempty"`
	// ProcProcesses are those that its own /proc shows.
	ProcProcesses *int `json:"proc_processes,omitempty"`
	// Links are the names of its network interfaces.
	Links []string `json:"links,omitzero"`
	// Mounts are those below its root directory.
	Mounts *int `json:"mounts,omitempty"`
	// Hostname and Domainname are those of its UTS namespace.
	Hostname   *string `json:"hostname,omitempty"`
	Domainname *string `json:"domainname,omitempty"`
	// Cgroups are where it is, hierarchy by hierarchy.
	Cgroups []CgroupPlace `json:"cgroups,omitzero"`
	// UIDMap and GIDMap are lines of inside, outside and length, outside as the
	// caller's user namespace has it: see [nsutil.Extent].
	UIDMap [][3]uint32 `json:"uid_map,omitzero"`
	GIDMap [][3]uint32 `json:"gid_map,omitzero"`
	// MonotonicOffset and BoottimeOffset are how far its clocks are ahead, in nanoseconds.
	MonotonicOffset *int64 `json:"monotonic_offset,omitempty"`
	BoottimeOffset  *int64 `json:"boottime_offset,omitempty"`
}

// CgroupPlace is where a process is in one cgroup hierarchy.
type CgroupPlace struct {
	// Controllers are those of a version 1 hierarchy; empty for version 2.
	Controllers []string `json:"controllers,omitempty"`
	// Path is as the caller sees it.
	Path string `json:"path"`
	// Inside is as its own cgroup namespace has it; empty where that could not be joined.
	Inside string `json:"inside,omitempty"`
}
