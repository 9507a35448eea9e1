package kernels

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// simulated matches what apt would install, as it says: Inst NAME (VERSION SUITE...).
var simulated = regexp.MustCompile(`(?m)^Inst (\S+) \((\S+) `)

// choose returns of each text, "new|old", the first name that the suites have, each
// name once.
func (a *apt) choose(ctx context.Context, texts []string) (chosen []string, err error) {
	for _, text := range texts {
		name, err := firstOf(text, func(name string) (bool, error) {
			known, err := a.names(ctx, name)
			return slices.Contains(known, name), err
		})
		if err != nil {
			return nil, err
		}
		if !slices.Contains(chosen, name) {
			chosen = append(chosen, name)
		}
	}
	return chosen, nil
}

// firstOf returns the first of the names in "new|old" that there is; the last where there
// is none, for apt to complain of.
func firstOf(text string, isThere func(name string) (bool, error)) (string, error) {
	names := strings.Split(text, "|")
	for _, name := range names[:len(names)-1] {
		if found, err := isThere(name); found || err != nil {
			return name, err
		}
	}
	return names[len(names)-1], nil
}

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
