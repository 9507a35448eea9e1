// Package harness provides subjects: the processes that run system calls on a
// spec's behalf.
//
// A Go process cannot do this itself. It is multi-threaded, so that
// unshare(CLONE_NEWUSER) and setns to a user or time namespace are refused, and
// a thread that has joined a namespace can never be trusted again. A [Subject]
// is a real single-threaded process, forked without exec, that sits in one
// loop: wait for a request in a slot of shared memory, execute that one system
// call, store its result, wake the caller. The methods of Subject are typed
// system calls over that loop and return the call's exact errno:
//
//	scope := harness.NewScope(t, harness.Limits{})
//	inside := scope.Spawn(harness.Cloned(nsutil.UTS))
//	err := inside.Sethostname("inside")
//
// Everything a [Scope] spawned is killed and reaped, with its descendants, when
// the test that owns it ends. A call that does not return before its deadline
// costs its subject, which is killed, and nothing else.
//
// # Errors
//
// A method's error is one of three: the system call's errno (errors.Is(err,
// unix.EPERM)), a [*DeadError] when the subject ended before or during the
// call, or a [*DeadlineError].
//
// # Processes
//
// The first subject of a process, the zygote, is forked while the process is
// small; all others are cloned from it with CLONE_PARENT. They are children of
// the process that uses the package all the same, which becomes a child
// subreaper, so that orphans come to it as well. Subjects hold no descriptor at
// birth and end with the process that spawned them.
package harness
