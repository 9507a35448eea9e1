package vm

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// monitor is a client of QEMU's monitor (QEMU's docs/interop/qmp-spec).
type monitor struct {
	conn    *os.File
	ready   chan struct{}
	replies chan qmpMessage
	ended   chan struct{}
}

// qmpMessage is the part of QMP's messages that matters here.
type qmpMessage struct {
	Greeting *struct{} `json:"QMP"`
	Event    string    `json:"event"`
	Data     struct {
		Reason string `json:"reason"`
	} `json:"data"`
	Return json.RawMessage `json:"return"`
	Error  *struct {
		Desc string `json:"desc"`
	} `json:"error"`
}

func newMonitor(conn *os.File) *monitor {
	return &monitor{conn: conn, ready: make(chan struct{}), replies: make(chan qmpMessage, 1), ended: make(chan struct{})}
}

// watch reads the monitor to its end and reports the machine's events.
// Without it no command gets a reply.
func (m *monitor) watch(event func(name, reason string)) {
	defer close(m.ended)
	in := json.NewDecoder(m.conn)
	negotiated := false
	for {
		var message qmpMessage
		if in.Decode(&message) != nil {
			return
		}
		switch {
		case message.Greeting != nil:
			// Events come only after this; a write that fails shows as a
			// machine without a reason.
			m.conn.WriteString(`{"execute":"qmp_capabilities"}` + "\n")
		case message.Event != "":
			event(message.Event, message.Data.Reason)
		case !negotiated:
			negotiated = true
			close(m.ready)
		default:
			m.replies <- message
		}
	}
}

var errMonitorEnded = errors.New("QEMU ended")

// execute has QEMU do a command and stores what it returns where result
// points to, unless that is nil. There may be one command at a time.
func (m *monitor) execute(command string, arguments, result any) error {
	return m.executeWith(nil, command, arguments, result)
}

// giveFile lets QEMU's commands know f by a name.
func (m *monitor) giveFile(name string, f *os.File) error {
	return m.executeWith(unix.UnixRights(int(f.Fd())), "getfd", map[string]string{"fdname": name}, nil)
}

func (m *monitor) executeWith(rights []byte, command string, arguments, result any) error {
	request := map[string]any{"execute": command}
	if arguments != nil {
		request["arguments"] = arguments
	}
	text, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("encode QEMU's command %s: %w", command, err)
	}
	select {
	case <-m.ready:
	case <-m.ended:
		return fmt.Errorf("%s: %w", command, errMonitorEnded)
	}
	if err := m.send(append(text, '\n'), rights); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	select {
	case reply := <-m.replies:
		if reply.Error != nil {
			return fmt.Errorf("QEMU refuses %s: %s", command, reply.Error.Desc)
		}
		if result != nil {
			return json.Unmarshal(reply.Return, result)
		}
		return nil
	case <-m.ended:
		return fmt.Errorf("%s: %w", command, errMonitorEnded)
	}
}

// send sends a command, which is short enough to be taken whole.
func (m *monitor) send(text, rights []byte) error {
	raw, err := m.conn.SyscallConn()
	if err != nil {
		return err
	}
	var sendErr error
	err = raw.Write(func(fd uintptr) bool {
		sendErr = unix.Sendmsg(int(fd), text, rights, nil, unix.MSG_NOSIGNAL)
		return !errors.Is(sendErr, unix.EAGAIN)
	})
	return errors.Join(err, sendErr)
}
