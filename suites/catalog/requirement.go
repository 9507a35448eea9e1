package catalog

import (
	"cmp"
	"fmt"

	"github.com/nsconform/nsconform/nsutil"
)

// Requirement is one documented statement about namespaces.
type Requirement struct {
	// ID is readable, stable and unique: "uts-hostname-per-namespace".
	ID string
	// Topic is the name of the catalog file that the requirement is in: "uts".
	Topic string
	// Statement says in one sentence what kernels promise to do.
	Statement string
	// Page is the manual page, "uts_namespaces(7)", or the kernel's header
	// where no page documents the statement yet, "linux/nsfs.h".
	Page    string
	Section string // of the page
	Level   Level
	Kind    Kind
	Tier    Tier
	// Since is the first kernel version that owes the promise; zero when all
	// that nsconform runs on do.
	Since nsutil.Version
	// SinceUnchecked is set when Since was not found in a page or in the
	// kernel's history.
	SinceUnchecked bool
	// Needs are what a test takes, from the closed set that [Needs] explains.
	Needs []string
	// Kconfig are the options without which the kernel owes nothing, all of
	// them: "CONFIG_UTS_NS".
	Kconfig []string
	// Inventory are the inventory's ids of the statements that the requirement
	// stands for: "UTS-ISO-01".
	Inventory []string
	// Differs says where the page and the kernels differ, and how that is
	// known; empty where they agree.
	Differs string
	// Hard says why a test is hard to arrange; empty when it is not.
	Hard string
	// Untestable says why there can be no test; empty when there can.
	Untestable string
}

// Level is how binding a requirement is.
type Level string

// The levels.
const (
	Must Level = "must" // a kernel that does not do it fails
	May  Level = "may"  // a test records which permitted alternative the kernel chose
)

// Kind is what a requirement is about.
type Kind string

// The kinds.
const (
	Semantics  Kind = "semantics"   // what an operation does
	Errno      Kind = "errno"       // how a wrong call is refused
	Permission Kind = "permission"  // who may
	ProcFormat Kind = "proc-format" // what a file in /proc or the like shows
	Lifetime   Kind = "lifetime"    // how long something lives
	AtVersion  Kind = "version"     // what a version introduced
)

// Tier says how near to namespaces themselves a requirement is.
type Tier string

// The tiers.
const (
	Core       Tier = "core"
	Peripheral Tier = "peripheral"
)

// AppliesTo reports whether a kernel of version v owes the promise.
func (r Requirement) AppliesTo(v nsutil.Version) bool { return v.AtLeast(r.Since) }

// SinceText returns Since as the catalog writes it, "6.9" or "2.6.30", and ""
// when it is zero.
func (r Requirement) SinceText() string {
	if r.Since == (nsutil.Version{}) {
		return ""
	}
	return versionText(r.Since)
}

// versionText returns a version as the catalog writes it, "6.9" or "2.6.30".
func versionText(v nsutil.Version) string {
	if v.Patch == 0 {
		return fmt.Sprintf("%d.%d", v.Major, v.Minor)
	}
	return v.String()
}

// Testable reports whether there can be a test. One that is hard to arrange
// can be.
func (r Requirement) Testable() bool { return r.Untestable == "" }

// Excuse returns the reason that the requirement states for having no test, and
// "" when there is none.
func (r Requirement) Excuse() string { return cmp.Or(r.Untestable, r.Hard) }
