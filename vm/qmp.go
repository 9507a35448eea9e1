package vm

import (
	"encoding/json"
	"io"
)

// qmpMessage is the part of QMP's messages that matters here (QEMU's
// docs/interop/qmp-spec).
type qmpMessage struct {
	Greeting *struct{} `json:"QMP"`
	Event    string    `json:"event"`
	Data     struct {
		Reason string `json:"reason"`
	} `json:"data"`
}

// watchQMP reads QEMU's monitor to its end and reports why the machine
// stopped.
func watchQMP(monitor io.ReadWriter, stopped func(reason string)) {
	in := json.NewDecoder(monitor)
	for {
		var m qmpMessage
		if in.Decode(&m) != nil {
			return
		}
		switch {
		case m.Greeting != nil:
			// Events come only after this; a write that fails shows as a
			// machine without a reason.
			io.WriteString(monitor, `{"execute":"qmp_capabilities"}`+"\n")
		case m.Event == "SHUTDOWN":
			stopped(m.Data.Reason)
		}
	}
}
