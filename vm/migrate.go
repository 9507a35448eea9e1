package vm

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// A machine is saved and restored by QEMU's migration (QEMU's
// docs/devel/migration), without the guest's memory: that is a file which the
// saved machine shared with us, and of which each restored one has a private
// mapping.

// connectState keeps the guest's memory out of the state, gives QEMU an end of
// a socket for it as what stateURI names, and returns the other end.
func (m *monitor) connectState() (*os.File, error) {
	if err := m.execute("migrate-set-capabilities", map[string]any{
		"capabilities": []any{map[string]any{"capability": "x-ignore-shared", "state": true}},
	}, nil); err != nil {
		return nil, err
	}
	ours, theirs, err := socketPair("state")
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	if err := m.giveFile("state", theirs); err != nil {
		ours.Close()
		return nil, err
	}
	return ours, nil
}

var stateURI = map[string]string{"uri": "fd:state"}

// save saves the machine and ends it.
func (s *session) save() {
	state, err := s.migrate()
	s.events <- func() {
		if err != nil {
			s.giveUp(err)
			return
		}
		s.state, s.seen.ready = state, true
		s.boot.VM.QEMU = s.qemuVersion()
		s.stop()
	}
}

func (s *session) migrate() ([]byte, error) {
	socket, err := s.monitor.connectState()
	if err != nil {
		return nil, err
	}
	defer socket.Close()
	if err := s.monitor.execute("migrate", stateURI, nil); err != nil {
		return nil, err
	}
	state, err := io.ReadAll(socket)
	if err != nil {
		return nil, fmt.Errorf("read the machine's state: %w", err)
	}
	var migration struct {
		Status string `json:"status"`
		Desc   string `json:"error-desc"`
	}
	if err := s.monitor.execute("query-migrate", nil, &migration); err != nil {
		return nil, err
	}
	if migration.Status != "completed" {
		return nil, fmt.Errorf("QEMU's migration: %s %s", migration.Status, migration.Desc)
	}
	return state, nil
}

// restore gives the machine its saved state.
func (s *session) restore() {
	socket, err := s.monitor.connectState()
	if err == nil {
		defer socket.Close()
		err = s.monitor.execute("migrate-incoming", stateURI, nil)
	}
	if err != nil {
		s.events <- func() { s.giveUp(err) }
		return
	}
	// A QEMU that does not take it all ends, or does not go on in time.
	socket.Write(s.snapshot.state)
}

// giveUp ends a machine that QEMU does not save or restore. When it is QEMU
// that ended, its own words say more.
func (s *session) giveUp(err error) {
	if !errors.Is(err, errMonitorEnded) {
		s.fail(err.Error())
	}
}

// onRestored is called when the guest goes on: it has said that it is ready,
// while it was saved.
func (s *session) onRestored() {
	s.onConsole(s.snapshot.console)
	s.sendJob(s.port())
}
