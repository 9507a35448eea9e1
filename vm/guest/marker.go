package guest

import (
	"os"
	"strings"
)

// The console's lines that tell which spec runs. See [KernelMarker].
const (
	MarkerPrefix = "nsconform: "
	SpecBegins   = "spec begins "
	SpecEnds     = "spec ends "
)

// KernelMarker writes a line to the kernel's log, so that it stands in the
// console among what the kernel says at that time. The level, error, is one
// that a quiet console shows. Where the log cannot be written (not in a
// guest) nothing happens.
func KernelMarker(text string) {
	f, err := os.OpenFile("/dev/kmsg", os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer f.Close()
	const maxText = 900 // a record of the kernel's log has room for about 1000 bytes
	text = strings.ReplaceAll(text, "\n", " ")
	f.WriteString("<3>" + MarkerPrefix + text[:min(len(text), maxText)] + "\n")
}

// MarkSpecBegins tells the console that a spec begins: what the kernel
// complains about until [MarkSpecEnds] is attributed to it.
func MarkSpecBegins(name string) { KernelMarker(SpecBegins + name) }

// MarkSpecEnds tells the console that a spec has ended.
func MarkSpecEnds(name string) { KernelMarker(SpecEnds + name) }
