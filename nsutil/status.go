package nsutil

import (
	"fmt"
	"io"
)

// Status is what /proc/PID/status says of a process's place in namespaces. See
// proc_pid_status(5). User and group IDs are in terms of the user namespace of
// whoever opened the file, process IDs in those of the PID namespace of the /proc mount.
type Status struct {
	Name    string // of the program, as the file writes it: with \n and \\ escaped
	State   byte   // 'R' running, 'S' sleeping, 'Z' zombie, ...
	Tgid    int    // the process's ID; 0 when the /proc mount cannot see it
	Pid     int    // the thread's ID
	PPid    int    // the parent's; 0 when it is outside the PID namespace
	Threads int    // how many; 0 for a process that is being reaped
	UID     CredIDs
	GID     CredIDs
	Groups  []uint32 // supplementary groups

	// The process's IDs in each PID namespace it is in, from the one of the
	// /proc mount inwards. Nil before Linux 4.1 and without CONFIG_PID_NS.
	NStgid, NSpid, NSpgid, NSsid []int

	CapInh, CapPrm, CapEff, CapBnd CapSet
	CapAmb                         CapSet // empty before Linux 4.3
}

// CredIDs are the four user or group IDs of a process. See credentials(7).
type CredIDs struct {
	Real, Effective, Saved, FS uint32
}

// StatusOf reads /proc/PID/status; pid 0 is the calling process.
func StatusOf(pid int) (Status, error) {
	return parseFile(procPath(pid, "status"), ParseStatus)
}

// ParseStatus parses the text of /proc/PID/status.
func ParseStatus(r io.Reader) (Status, error) {
	fields, err := readFields(r)
	if err != nil {
		return Status{}, fmt.Errorf("parse status: %w", err)
	}
	p := statusParser{fields: fields}
	s := Status{
		Name:    p.field("Name"),
		State:   p.state("State"),
		Tgid:    p.number("Tgid"),
		Pid:     p.number("Pid"),
		PPid:    p.number("PPid"),
		Threads: p.number("Threads"),
		UID:     p.credIDs("Uid"),
		GID:     p.credIDs("Gid"),
		Groups:  p.groups("Groups"),
		NStgid:  p.optionalNumbers("NStgid"),
		NSpid:   p.optionalNumbers("NSpid"),
		NSpgid:  p.optionalNumbers("NSpgid"),
		NSsid:   p.optionalNumbers("NSsid"),
		CapInh:  p.caps("CapInh"),
		CapPrm:  p.caps("CapPrm"),
		CapEff:  p.caps("CapEff"),
		CapBnd:  p.caps("CapBnd"),
	}
	if _, ok := fields["CapAmb"]; ok {
		s.CapAmb = p.caps("CapAmb")
	}
	if p.err != nil {
		return Status{}, fmt.Errorf("parse status: %w", p.err)
	}
	return s, nil
}
