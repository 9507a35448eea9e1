package harness

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// engine is what all subjects of this process share.
type engine struct {
	arena *arena
	tapes *tapes

	mu     sync.Mutex // one birth at a time
	zygote *Subject

	scopesMu sync.Mutex
	scopes   []*Scope
}

// theEngine forks the zygote. It should run while the process is small: what a
// spawn costs depends on what the zygote has mapped.
var theEngine = sync.OnceValues(func() (*engine, error) {
	AdoptOrphans()
	arena, err := newArena()
	if err != nil {
		return nil, err
	}
	tapes, err := newTapes()
	if err != nil {
		return nil, err
	}
	e := &engine{arena: arena, tapes: tapes}
	if err := e.forkZygote(); err != nil {
		return nil, err
	}
	go e.beat()
	return e, nil
})

// Start forks the zygote, from which subjects are cloned, now rather than at
// the first spawn.
func Start() error {
	_, err := theEngine()
	return err
}

func (e *engine) forkZygote() error {
	s, err := e.arena.take()
	if err != nil {
		return err
	}
	s.leash = 1
	forked := make(chan error)
	var pid int
	go func() {
		// The zygote and, through it, all subjects end when this thread does.
		runtime.LockOSThread()
		restAsUsual()
		p, errno := fork(s)
		if errno != 0 {
			forked <- fmt.Errorf("fork the zygote: %w", errno)
			return
		}
		pid = p
		forked <- nil
		select {}
	}()
	if err := <-forked; err != nil {
		return err
	}
	e.zygote = &Subject{name: "zygote", slot: s, pid: pid, nspid: pid, pidfd: -1, output: -1, scope: &Scope{engine: e, limits: Limits{}.withDefaults()}}
	if err := e.zygote.awaitBirth(); err != nil {
		return err
	}
	if err := e.zygote.dropInheritable(); err != nil {
		return err
	}
	return e.zygote.shed(s.stack)
}

// dropInheritable has subjects begin without inheritable capabilities, as processes do
// on most machines: those of containers may have some.
func (s *Subject) dropInheritable() error {
	caps, err := s.Capget()
	if err == nil && caps.Inheritable != 0 {
		caps.Inheritable = 0
		err = s.Capset(caps)
	}
	if err != nil {
		return fmt.Errorf("drop inheritable capabilities: %w", err)
	}
	return nil
}

// beat tells idle subjects that this process lives.
func (e *engine) beat() {
	for range time.Tick(time.Second) {
		atomic.AddUint32(e.arena.beat, 1)
	}
}
