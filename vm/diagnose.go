package vm

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/vm/guest"
)

// symptoms are what a kernel's console says when it cannot begin, and what it
// probably lacks.
var symptoms = []struct {
	said *regexp.Regexp
	hint string
}{
	{regexp.MustCompile(`VFS: Unable to mount root fs|Cannot open root device`),
		"it has not taken its initramfs: build it with CONFIG_BLK_DEV_INITRD"},
	{regexp.MustCompile(`/init failed \(error -8\)|No working init found`),
		"it cannot run an ELF program of this machine: build it for this architecture, with CONFIG_BINFMT_ELF"},
	{regexp.MustCompile(`Out of memory|System is deadlocked on memory`),
		"its memory does not suffice to begin"},
	{regexp.MustCompile(regexp.QuoteMeta(guest.MarkerPrefix+guest.NoPort) + ".*no such file"),
		"it has no device to be heard through: build it with CONFIG_SERIAL_8250 and CONFIG_DEVTMPFS"},
}

// diagnose says, as far as it can be told, why a guest was never ready.
func (p *plan) diagnose(o *Outcome) string {
	if lacks := p.config.Kernel.Lacks(p.machine.kernel); len(lacks) > 0 {
		return ": the kernel is built without " + strings.Join(lacks, ", ") + ", which a guest needs"
	}
	return hint(o.ConsoleTail)
}

// hint is what the console's last lines tell of why a guest was never ready.
func hint(console []string) string {
	for _, s := range symptoms {
		if slices.ContainsFunc(console, s.said.MatchString) {
			return ": " + s.hint
		}
	}
	if len(console) == 0 {
		return ": its console said nothing: build it with " + serialConsole
	}
	return fmt.Sprintf("; the last line of its console: %s", console[len(console)-1])
}
