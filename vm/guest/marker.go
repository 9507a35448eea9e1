package guest

import (
	"os"
	"strings"
	"sync"
)

// The console's lines that tell which spec runs, and that none ever will. See [KernelMarker].
const (
	MarkerPrefix = "nsconform: "
	SpecBegins   = "spec begins "
	SpecsEnd     = "specs end"
	NoPort       = "no port to the host: "
)

// kernelLog is opened once: to open it takes as long as to write a line.
var kernelLog = sync.OnceValue(func() *os.File {
	f, err := os.OpenFile("/dev/kmsg", os.O_WRONLY, 0)
	if err != nil {
		return nil
	}
	return f
})

// KernelMarker writes a line to the kernel's log, so that it stands in the
// console among what the kernel says at that time. The level, error, is one
// that a quiet console shows. Where the log cannot be written (not in a
// guest) nothing happens.
func KernelMarker(text string) {
	f := kernelLog()
	if f == nil {
		return
	}
	const maxText = 900 // a record of the kernel's log has room for about 1000 bytes
	text = strings.ReplaceAll(text, "\n", " ")
	f.WriteString("<3>" + MarkerPrefix + text[:min(len(text), maxText)] + "\n")
}

// MarkSpecBegins tells the console that a spec begins: what the kernel complains
// about until the next one, or [MarkSpecsEnd], is attributed to it. The mark is its name,
// or letters and digits that stand for it.
func MarkSpecBegins(mark string) { KernelMarker(SpecBegins + mark) }

// MarkSpecsEnd tells the console that no spec runs any more.
func MarkSpecsEnd() { KernelMarker(SpecsEnd) }
