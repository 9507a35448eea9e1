package nsutil

import (
	"errors"
	"fmt"
)

// ErrNotSupported says that the running kernel lacks a feature. What matches
// it is a [NotSupportedError].
var ErrNotSupported = errors.New("not supported by this kernel")

// NotSupportedError says which feature the running kernel lacks.
// errors.Is(err, [ErrNotSupported]) holds.
type NotSupportedError struct {
	// Feature is the feature's name.
	Feature string
	// Since is the first upstream kernel that has the feature.
	Since Version
	// Config is the kernel configuration option without which kernels since
	// then lack it, too: "CONFIG_TIME_NS". It is empty when there is none.
	Config string
}

// Error says what is lacking and which kernel has it.
func (e *NotSupportedError) Error() string {
	needs := fmt.Sprintf("Linux %d.%d", e.Since.Major, e.Since.Minor)
	if e.Config != "" {
		needs += " with " + e.Config
	}
	return fmt.Sprintf("%s: %v (needs %s)", e.Feature, ErrNotSupported, needs)
}

// Is reports whether target is [ErrNotSupported].
func (e *NotSupportedError) Is(target error) bool {
	return target == ErrNotSupported
}
