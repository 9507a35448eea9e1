package vm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Snapshot is a machine that has booted and waits for its job. It can be
// restored any number of times, also several times at once, in a fraction of
// the time that booting takes.
//
// It is held in memory and goes with this process: there is nothing to name,
// to prune, or to become stale. The copies share the pages of memory that none
// of them has written to.
type Snapshot struct {
	plan    *plan
	state   []byte // of all but the guest's memory
	boot    Boot
	console []byte // what it said while it booted

	mutex  sync.RWMutex // guards memory
	memory *os.File     // nil when closed
}

// Save boots a machine, saves it when it is ready and ends it. The error says
// why there is no snapshot; if the context is cancelled, it is its error.
func Save(ctx context.Context, c Config) (*Snapshot, error) {
	if c.Exact {
		return nil, errors.New("save a machine: an exact one has its job from its start")
	}
	if err := c.fill(); err != nil {
		return nil, err
	}
	p, err := newPlan(ctx, &c)
	if err != nil {
		return nil, err
	}
	memory, err := inMemory("memory", func(f *os.File) error { return f.Truncate(int64(c.MemoryMiB) << 20) })
	if err != nil {
		return nil, err
	}
	var console bytes.Buffer
	j := Job{Console: &console}
	j.fill()
	session := newSession(&j)
	session.beginning = saving
	o, err := p.run(ctx, session, memory)
	if err == nil {
		err = saveError(ctx, o, session)
	}
	if err == nil {
		err = seal(memory)
	}
	if err != nil {
		memory.Close()
		return nil, err
	}
	return &Snapshot{plan: p, memory: memory, state: session.state, boot: session.boot, console: console.Bytes()}, nil
}

func saveError(ctx context.Context, o *Outcome, s *session) error {
	switch {
	case o.How == Cancelled:
		return fmt.Errorf("save a machine: %w", ctx.Err())
	case s.state != nil:
		return nil
	case s.boot.Port != "":
		return fmt.Errorf("save a machine: %s", o.Why)
	}
	return fmt.Errorf("boot a machine to save it: %s", o.Why)
}

// seal makes sure that no restored machine can alter what the others share.
func seal(memory *os.File) error {
	const seals = unix.F_SEAL_WRITE | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW
	if _, err := unix.FcntlInt(memory.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		return fmt.Errorf("seal the saved memory: %w", err)
	}
	return nil
}

var errClosed = errors.New("restore a machine: the snapshot is closed")

// Run is like the function [Run], with a copy of the snapshot for a machine.
// Where that does not get as far as to take the job, a machine is booted
// instead; [Boot] tells. It may be called by several goroutines at once.
func (s *Snapshot) Run(ctx context.Context, j Job) (*Outcome, error) {
	j.fill()
	o, err := s.restore(ctx, &j)
	if err != nil || o.Boot.Restored || o.How == Cancelled {
		return o, err
	}
	session := newSession(&j)
	session.boot.NotRestored = o.Why
	return s.plan.run(ctx, session, nil)
}

// restoreLimit bounds the time until a restored machine takes its job, times
// the slowdown.
const restoreLimit = 5 * time.Second

func (s *Snapshot) restore(ctx context.Context, j *Job) (*Outcome, error) {
	begin := time.Now()
	process, err := s.start()
	if err != nil {
		return nil, err
	}
	session := newSession(j)
	session.beginning, session.snapshot = restoring, s
	session.boot, session.limit = s.boot, restoreLimit
	return session.run(ctx, process, begin), nil
}

func (s *Snapshot) start() (*process, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if s.memory == nil {
		return nil, errClosed
	}
	m := s.plan.machine
	m.incoming = true
	return startQEMU(s.plan.qemu, m, nil, s.memory)
}

// Close frees the snapshot. Machines that are restored already go on.
func (s *Snapshot) Close() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.memory != nil {
		s.memory.Close()
		s.memory = nil
	}
}
