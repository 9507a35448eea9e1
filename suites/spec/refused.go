package spec

import (
	"slices"
	"syscall"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// notAllowed is how one is refused a user namespace whom a setting keeps from it.
var notAllowed = []syscall.Errno{unix.EPERM, unix.ENOSPC, unix.EACCES}

// excuse returns the skip that a spec is owed which has failed, or could not
// arrange its scene, after this machine has refused it namespaces that it is known
// not to make: those of kinds that the kernel is built without, and user
// namespaces where a setting keeps them from those who asked.
func excuse(refusals []harness.Refusal, config nsutil.Config, code reports.SkipCode, setting string) *reports.Skip {
	for _, r := range refusals {
		if option := leftOut(r.Flags, config); option != "" {
			return &reports.Skip{Code: reports.SkipKconfig, Text: "the kernel is built without " + option + ", and so " + r.Call}
		}
		if setting != "" && r.Flags&unix.CLONE_NEWUSER != 0 && slices.Contains(notAllowed, r.Errno) {
			return &reports.Skip{Code: code, Text: setting + ", and so " + r.Call}
		}
	}
	return nil
}

// leftOut returns the option of one of the kinds in flags that the kernel is known
// to be built without.
func leftOut(flags int, config nsutil.Config) string {
	for _, kind := range nsutil.Kinds() {
		if flags&kind.Flag() != 0 && config.LeavesOut(kind) {
			return kind.Feature().Config()
		}
	}
	return ""
}
