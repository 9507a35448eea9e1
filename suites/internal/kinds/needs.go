package kinds

import (
	"sync"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/spec"
)

var running = sync.OnceValues(func() (nsutil.Version, nsutil.Config) {
	version, _ := nsutil.Running()
	config, _ := nsutil.RunningConfig()
	return version, config
})

// Need skips the spec when the kernel is too old for the kinds, or known to be
// built without them.
func Need(kinds ...nsutil.Kind) {
	spec.NeedBuilt(kinds...)
	for _, kind := range kinds {
		spec.NeedKernel(kind.Feature().Since().String())
	}
}

// Built returns the kinds that the running kernel should have: all but those
// that it is too old for or known to be built without.
func Built() []nsutil.Kind {
	version, config := running()
	var built []nsutil.Kind
	for _, kind := range nsutil.Kinds() {
		if !config.LeavesOut(kind) && version.AtLeast(kind.Feature().Since()) {
			built = append(built, kind)
		}
	}
	return built
}

// Lacking returns the kinds whose configuration option the running kernel is
// known to be built without.
func Lacking() []nsutil.Kind {
	_, config := running()
	var lacking []nsutil.Kind
	for _, kind := range nsutil.Kinds() {
		if config.LeavesOut(kind) {
			lacking = append(lacking, kind)
		}
	}
	return lacking
}

// ForChildren says whether unshare(2) puts only the caller's children into a
// new namespace of the kind.
func ForChildren(kind nsutil.Kind) bool { return kind == nsutil.PID || kind == nsutil.Time }
