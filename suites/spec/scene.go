package spec

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
)

// Spawn returns a new subject; see [harness.Scope.Spawn]. The spec is broken
// when it cannot be had, and skipped where there can be no new namespaces of the
// kinds that it is to be alone in.
func Spawn(options ...harness.Option) *harness.Subject {
	kinds := harness.NewKinds(options...)
	NeedBuilt(kinds...)
	if slices.Contains(kinds, nsutil.User) {
		needUserNamespaces()
	}
	return current.scope.Spawn(options...)
}

// Get returns the value of a call that only prepares the scene; the spec is
// broken when it fails.
func Get[T any](value T, err error) T {
	Arrange(err)
	return value
}

// Arrange ends the spec as broken when a call that only prepares the scene fails.
func Arrange(err error) {
	if err != nil {
		harness.Broken(current, fmt.Sprintf("arrange the scene: %v", err))
	}
}
