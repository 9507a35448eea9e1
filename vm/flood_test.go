package vm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/vm/initramfs"
	"github.com/nsconform/nsconform/vm/kernels"
	"github.com/nsconform/nsconform/vm/wire"
)

// floodEnv makes the test program a host, the process that is measured, or, where
// that starts QEMU, a QEMU whose guest floods it.
const floodEnv = "NSCONFORM_TEST_FLOOD"

// floods are what a guest may do, in so many bytes.
var floods = map[string]struct {
	port  string
	bytes int
	piece func(i int) []byte
}{
	"no line ends":  {"virtio", 1 << 30, func(int) []byte { return bytes.Repeat([]byte("z"), 1<<16) }},
	"lines":         {"virtio", 1 << 30, func(int) []byte { return bytes.Repeat([]byte("garbage\n"), 1<<13) }},
	"broken frames": {"serial", 1 << 30, func(int) []byte { return brokenFrame }},
	"records":       {"virtio", 1 << 30, func(i int) []byte { return record(i) }},
	"console":       {"console", 128 << 20, func(int) []byte { return bytes.Repeat([]byte("z"), 1<<16) }},
	"complaints":    {"console", 32 << 20, complaint},
}

var brokenFrame = append(bytes.Repeat([]byte("x"), 10), record(0)[10:]...)

func record(i int) []byte {
	payload := fmt.Appendf(nil, `{"n":%d,"pad":%q}`, i, strings.Repeat("x", wire.MaxPayload-100))
	return wire.Append(nil, wire.Frame{Kind: wire.KindRecord, Payload: payload})
}

func complaint(i int) []byte {
	return fmt.Appendf(nil, "[%5d.000000] WARNING: CPU: 0 PID: %d at %s\n", i, i, strings.Repeat("y", 500))
}

// flood is either of the two; it does not return.
func flood() {
	kind, isQEMU := strings.CutPrefix(os.Getenv(floodEnv), "qemu ")
	switch {
	case !isQEMU:
		beFlooded(kind)
	case len(os.Args) == 2:
		fmt.Println("QEMU emulator version flood")
	default:
		floodPort(kind)
	}
	os.Exit(0)
}

// flooded is what a host tells of it.
type flooded struct {
	How                 How
	Why                 string
	Garbage             int64
	Records, Complaints int
	Console             int
	PeakKiB             int
}

func beFlooded(kind string) {
	os.Setenv(floodEnv, "qemu "+kind)
	p := &plan{
		config: &Config{Kernel: &kernels.Kernel{}, BootDeadline: 10 * time.Second}, qemu: os.Args[0], archive: &initramfs.Archive{},
		machine: machine{arch: architectures[kernels.AMD64], accelerator: TCG, cpus: 1, memoryMiB: 64},
	}
	var seen flooded
	j := Job{
		SilenceDeadline: 5 * time.Minute,
		Console:         writer(func(b []byte) { seen.Console += len(b) }),
		Record:          func([]byte) { seen.Records++ },
		Complaint:       func(reports.Complaint) { seen.Complaints++ },
	}
	j.fill()
	o, err := p.run(context.Background(), newSession(&j), nil)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	seen.How, seen.Why, seen.Garbage, seen.PeakKiB = o.How, o.Why, o.Garbage, peakKiB()
	json.NewEncoder(os.Stdout).Encode(seen)
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) { w(b); return len(b), nil }

// peakKiB is the most memory that this process has had, VmHWM of proc_pid_status(5).
func peakKiB() int {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	peak, _ := strconv.Atoi(strings.Fields(rest + " ? ")[0])
	return peak
}

// floodPort is a QEMU with a guest that is ready, floods and powers off.
func floodPort(kind string) {
	arguments := strings.Join(os.Args, " ")
	ports := map[string]*os.File{} // one that is forgotten would be closed
	port := func(name string) *os.File {
		if f := ports[name]; f != nil {
			return f
		}
		fd, err := strconv.Atoi(regexp.MustCompile("id=" + name + `,fd=(\d+)`).FindStringSubmatch(arguments)[1])
		if err != nil {
			panic(err)
		}
		ports[name] = os.NewFile(uintptr(fd), name)
		return ports[name]
	}
	io.WriteString(port("qmp"), `{"QMP":{}}`)
	ready, _ := json.Marshal(wire.Ready{Port: "/dev/vport"})
	port("virtio").Write(wire.Append(nil, wire.Frame{Kind: wire.KindReady, Payload: ready}))
	f := floods[kind]
	out := port(f.port)
	for i, sent := 0, 0; sent < f.bytes; i++ {
		n, err := out.Write(f.piece(i))
		if err != nil {
			os.Exit(1)
		}
		sent += n
	}
	io.WriteString(port("qmp"), `{"event":"SHUTDOWN","data":{"reason":"guest-shutdown"}}`)
}

// TestFloodIsBounded holds that no guest makes the host's process large.
func TestFloodIsBounded(t *testing.T) {
	const mostKiB = 200 << 10
	for kind, f := range floods {
		t.Run(kind, func(t *testing.T) {
			host := exec.Command(os.Args[0])
			host.Env = append(os.Environ(), floodEnv+"="+kind)
			out, err := host.Output()
			var seen flooded
			if err != nil || json.Unmarshal(out, &seen) != nil {
				t.Fatalf("%v: %s", err, out)
			}
			t.Logf("%+v", seen)
			if seen.PeakKiB == 0 || seen.PeakKiB > mostKiB {
				t.Errorf("the host took %d KiB", seen.PeakKiB)
			}
			switch {
			case kind == "records":
				if seen.How != Hung || seen.Why != errFlood.Error() || seen.Records*wire.MaxPayload > maxRecords+2*wire.MaxPayload {
					t.Errorf("got %s: %s after %d records", seen.How, seen.Why, seen.Records)
				}
			case f.port == "console":
				if seen.Console < maxConsole/2 || seen.Console > maxConsole+1000 {
					t.Errorf("%d bytes of console", seen.Console)
				}
			case seen.Garbage < int64(f.bytes)*4/5 || seen.Records != 0:
				t.Errorf("%d bytes of garbage, %d records", seen.Garbage, seen.Records)
			}
		})
	}
}
