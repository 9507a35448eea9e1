package kernels

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// simulated matches what apt would install, as it says: Inst NAME (VERSION SUITE...).
var simulated = regexp.MustCompile(`(?m)^Inst (\S+) \((\S+) `)

// resolve returns the packages and everything that they depend on.
func (a *apt) resolve(ctx context.Context, names ...string) ([]pkg, error) {
	text, err := a.run(ctx, a.dir, "apt-get", append([]string{"install", "--simulate", "--no-install-recommends"}, names...)...)
	if err != nil {
		return nil, err
	}
	packages := parseSimulated(text)
	if len(packages) < len(names) {
		return nil, fmt.Errorf("apt names %d packages for %s", len(packages), strings.Join(names, ", "))
	}
	return packages, nil
}

func parseSimulated(text string) (packages []pkg) {
	for _, found := range simulated.FindAllStringSubmatch(text, -1) {
		packages = append(packages, pkg{name: found[1], version: found[2]})
	}
	return packages
}
