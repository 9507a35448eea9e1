package reports

import "slices"

// Verdict is what came of a spec.
type Verdict string

// The verdicts. See [Worst] for their order.
const (
	Pass    Verdict = "pass"    // the requirement was observed
	Known   Verdict = "known"   // it was violated in the one way that is known of this kernel or program, and held in all others
	XFail   Verdict = "xfail"   // it did not pass, as the user's list of expected deviations says
	XPass   Verdict = "xpass"   // it passed, although the user's list says that it does not
	Fail    Verdict = "fail"    // the requirement was violated, or the spec left something behind
	Broken  Verdict = "broken"  // the spec's own set-up failed: verdict unknown
	Timeout Verdict = "timeout" // a call did not come back before its deadline
	Crash   Verdict = "crash"   // the kernel oopsed or died
	Skipped Verdict = "skip"    // does not apply here, for a stated reason
	Missing Verdict = "missing" // planned but never ran
)

// SkipCode is why a spec does not apply, from a closed set.
type SkipCode string

// The skip codes.
const (
	SkipKernelVersion SkipCode = "kernel-version" // the kernel is older than the requirement
	SkipKconfig       SkipCode = "kconfig"        // the kernel's configuration says the feature is off
	SkipCapability    SkipCode = "capability"     // the suite lacks a capability
	SkipLSM           SkipCode = "lsm"            // a security module forbids it
	SkipSysctl        SkipCode = "sysctl"         // a sysctl forbids it
	SkipArch          SkipCode = "arch"           // not on this architecture
	SkipTool          SkipCode = "tool"           // a program is not there
	SkipResource      SkipCode = "resource"       // not enough memory, disk, processes
	SkipNested        SkipCode = "nested"         // the suite itself runs in a namespace that hides it
)

// SkipCodes returns every skip code.
func SkipCodes() []SkipCode {
	return []SkipCode{
		SkipKernelVersion, SkipKconfig, SkipCapability, SkipLSM, SkipSysctl,
		SkipArch, SkipTool, SkipResource, SkipNested,
	}
}

// verdictOrder is from best to worst.
var verdictOrder = []Verdict{Skipped, Pass, Known, XFail, XPass, Timeout, Broken, Fail, Crash, Missing}

// Verdicts returns every verdict, from the worst to the best.
func Verdicts() []Verdict {
	worstFirst := slices.Clone(verdictOrder)
	slices.Reverse(worstFirst)
	return worstFirst
}

// Worst returns the worst of vs: missing, crash, fail, broken, timeout, xpass, xfail,
// known, pass, skip, in that order. It is skip when vs is empty.
func Worst(vs ...Verdict) Verdict {
	worst := 0
	for _, v := range vs {
		worst = max(worst, slices.Index(verdictOrder, v))
	}
	return verdictOrder[worst]
}

// Bad reports whether v is none of pass, known, xfail and skip.
func (v Verdict) Bad() bool { return !v.Sound() && v != XFail && v != Skipped }

// Sound reports whether v is pass or known: the spec ran to its end and saw nothing
// that is not known of the kernel or the program.
func (v Verdict) Sound() bool { return v == Pass || v == Known }

// Violation reports whether v is evidence against the kernel: fail, timeout or crash.
func (v Verdict) Violation() bool { return v == Fail || v == Timeout || v == Crash }
