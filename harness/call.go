package harness

// Call is a system call with its arguments, described once: a subject makes it to
// show what it does ([Subject.Make]), or many times to show what it costs ([Program]).
type Call struct {
	Name string // as logs show it
	NR   uintptr
	Args []any // see [Subject.Syscall]
}

// String formats the call as a log does: unshare(CLONE_NEWUTS).
func (c Call) String() string { return format(c.Name, c.Args) }

// shedding is a call of the subject's that takes it off its leash: the kernel clears the
// parent-death signal when credentials change (prctl(2), PR_SET_PDEATHSIG).
func (s *Subject) shedding(c Call) (uintptr, error) {
	return s.do(request{op: opCall, name: c.Name, nr: c.NR, args: c.Args, again: true})
}

// Make executes the call and returns its result.
func (s *Subject) Make(c Call) (uintptr, error) {
	return s.do(request{op: opCall, name: c.Name, nr: c.NR, args: c.Args})
}
