package vm

import (
	"regexp"
	"strings"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/vm/guest"
)

// trouble is one way in which a kernel complains. Its pattern matches at the
// beginning of what the kernel says: in the middle, the same words are
// harmless ("Spectre V2 : WARNING: ...", "traps: a[1] general protection fault").
type trouble struct {
	kind    string
	pattern *regexp.Regexp
	fatal   bool
	stall   bool // the kernel got no CPU: its fault only where CPUs are fast
}

// troubles are in the order of precedence.
var troubles = []trouble{
	{kind: "panic", fatal: true, pattern: begins(`Kernel panic - `)},
	{kind: "KASAN", fatal: true, pattern: begins(`BUG: KASAN: `)},
	{kind: "KMSAN", fatal: true, pattern: begins(`BUG: KMSAN: `)},
	{kind: "KFENCE", fatal: true, pattern: begins(`BUG: KFENCE: `)},
	{kind: "KCSAN", pattern: begins(`BUG: KCSAN: `)},
	{kind: "soft lockup", stall: true, pattern: begins(`(watchdog: )?BUG: soft lockup`)},
	{kind: "hard lockup", stall: true, pattern: begins(`(NMI )?[Ww]atchdog: .*hard LOCKUP`)},
	{kind: "workqueue lockup", stall: true, pattern: begins(`BUG: workqueue lockup`)},
	{kind: "RCU stall", stall: true, pattern: begins(`(rcu: )?INFO: rcu\w* (self-)?detected (expedited )?stall`)},
	{kind: "oops", fatal: true, pattern: begins(`BUG: (unable to handle|kernel NULL pointer|scheduling while atomic|Bad page|stack guard page)`)},
	{kind: "oops", fatal: true, pattern: begins(`(kernel BUG at|Unable to handle kernel|Oops: |Oops - |general protection fault|divide error: |invalid opcode: |stack segment: |Internal error: |kernel stack overflow|double fault: |int3: )`)},
	{kind: "memory corruption", fatal: true, pattern: begins(`(list_(add|del) corruption|Kernel stack is corrupted|Slab corruption)`)},
	{kind: "UBSAN", pattern: begins(`UBSAN: `)},
	{kind: "BUG", pattern: begins(`BUG: `)},
	{kind: "out of memory", pattern: begins(`Out of memory: `)},
	{kind: "hung task", pattern: begins(`INFO: task .* blocked (for more than|in I/O wait)`)},
	{kind: "lockdep", pattern: begins(`(WARNING: (possible|suspicious|inconsistent|bad unlock|held lock|.*lock)|INFO: (possible|trying to register non-static key))`)},
	{kind: "WARNING", pattern: begins(`WARNING: `)},
	{kind: "namespace leak", pattern: begins(`unregister_netdevice: waiting for `)},
	{kind: "busy inodes", fatal: true, pattern: begins(`VFS: Busy inodes after unmount`)},
	{kind: "busy inodes", fatal: true, pattern: begins(`BUG: Dentry .* still in use`)},
}

func begins(pattern string) *regexp.Regexp { return regexp.MustCompile(`^(?:` + pattern + `)`) }

// bootNoise are the lines that look like trouble and are none.
var bootNoise = regexp.MustCompile(`^(INFO: (lockdep|task) .*turned off|WARNING: (Spectre|MDS|TAA|MMIO|CPU bug|.*mitigation))`)

const (
	// maxComplaint bounds the lines of one complaint.
	maxComplaint = 80
	// maxLineBytes bounds a line of the console.
	maxLineBytes = 1024
)

// stamp is how every line of the kernel begins with printk.time=1, with
// CONFIG_PRINTK_CALLER in second place.
var stamp = regexp.MustCompile(`\[\s*\d+\.\d{6}\](\[\s*[TC]\d+\])? `)

// endOfTrace is the line that ends a complaint.
var endOfTrace = regexp.MustCompile(`^---\[ end `)

// complaints finds what the kernel complains about in its console.
type complaints struct {
	slow bool // stalls are the emulation's fault
	emit func(reports.Complaint)

	spec     string // which runs, by the markers
	open     *reports.Complaint
	panicked string // the line of the first panic
}

// line takes one line of the console.
func (c *complaints) line(line string) {
	at := stamp.FindStringIndex(line)
	if at == nil {
		if c.open != nil {
			c.add(line)
		}
		return
	}
	text := line[at[1]:]
	if marker, ok := strings.CutPrefix(text, guest.MarkerPrefix); ok {
		c.marker(marker)
		return
	}
	if t := recognise(text); t != nil {
		c.begin(t, text)
	}
	if c.open == nil {
		return
	}
	c.add(text)
	if endOfTrace.MatchString(text) {
		c.flush()
	}
}

// begin opens a complaint, or makes an open one worse: an oops is announced
// in several lines, each of which looks like a beginning.
func (c *complaints) begin(t *trouble, text string) {
	fatal := t.fatal || t.stall && !c.slow
	if t.kind == "panic" && c.panicked == "" {
		c.panicked = text
	}
	switch {
	case c.open == nil, c.open.Kind == "WARNING", t.kind == "panic", t.kind == "WARNING", t.kind == "namespace leak", t.kind == "hung task":
		c.flush()
		c.open = &reports.Complaint{Kind: t.kind, Spec: c.spec, Fatal: fatal}
	default:
		c.open.Fatal = c.open.Fatal || fatal
	}
}

func (c *complaints) add(text string) {
	if len(c.open.Lines) < maxComplaint {
		c.open.Lines = append(c.open.Lines, text)
	}
}

// marker flushes: a complaint that began before it belongs to what ran then.
func (c *complaints) marker(text string) {
	c.flush()
	if name, ok := strings.CutPrefix(text, guest.SpecBegins); ok {
		c.spec = strings.TrimSpace(name)
	} else if strings.HasPrefix(text, guest.SpecsEnd) {
		c.spec = ""
	}
}

// flush ends the open complaint, if there is one.
func (c *complaints) flush() {
	if c.open != nil {
		c.emit(*c.open)
		c.open = nil
	}
}

func recognise(text string) *trouble {
	if bootNoise.MatchString(text) {
		return nil
	}
	for i := range troubles {
		if troubles[i].pattern.MatchString(text) {
			return &troubles[i]
		}
	}
	return nil
}
