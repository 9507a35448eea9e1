package kernels

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// suite returns the indexes of one suite, up to date.
func (f *fetcher) suite(ctx context.Context, name string) (*apt, error) {
	return f.suites(ctx, name)
}

// completeSuite is suite with the release that it adds to, if it is one of
// backports: what those depend on is in both.
func (f *fetcher) completeSuite(ctx context.Context, name string) (*apt, error) {
	if base, _, found := strings.Cut(name, "-"); found {
		return f.suites(ctx, name, base)
	}
	return f.suite(ctx, name)
}

func (f *fetcher) suites(ctx context.Context, names ...string) (*apt, error) {
	f.options.Progress("asking the archive for " + strings.Join(names, " and "))
	security := mayHaveSecurity(names[0]) && f.archive.security != nil
	for {
		text := f.archive.stanzas(names[0], security)
		for _, more := range names[1:] {
			text += f.archive.stanzas(more, false)
		}
		a, err := f.newApt(strings.Join(names, "+"), text)
		if err != nil {
			return nil, err
		}
		err = a.update(ctx)
		if errors.Is(err, errNoSuite) && security {
			security = false
			continue
		}
		return a, err
	}
}

// ownSuites returns the indexes of the machine's own suites, up to date.
func (f *fetcher) ownSuites(ctx context.Context) (*apt, error) {
	f.options.Progress("asking the archive for this machine's own suites")
	a, err := f.newApt("own", f.archive.ownStanzas())
	if err != nil {
		return nil, err
	}
	return a, a.update(ctx)
}

// newApt returns the private apt of that name, for the fetcher's architecture.
func (f *fetcher) newApt(name, sources string) (*apt, error) {
	return newApt(filepath.Join(f.options.CacheDir, "apt", name+archSuffix(f.arch, memoArch)), sources, f.arch)
}

// newest returns the package that the flavour's metapackage stands for.
func (f *fetcher) newest(ctx context.Context, a *apt) (*apt, pkg, error) {
	meta := "linux-image-" + f.flavour
	names, err := a.names(ctx, meta)
	if err != nil {
		return nil, pkg{}, err
	}
	if !slices.Contains(names, meta) {
		return nil, pkg{}, fmt.Errorf("it has no package %s", meta)
	}
	image, err := follow(ctx, a, meta)
	return a, image, err
}

// follow goes from a metapackage to the package of a kernel.
func follow(ctx context.Context, a *apt, name string) (pkg, error) {
	for range 3 {
		found, err := a.show(ctx, name)
		if err != nil {
			return pkg{}, err
		}
		if len(found) == 0 {
			return pkg{}, fmt.Errorf("the archive has no package %s", name)
		}
		next := slices.IndexFunc(found[0].depends, func(d string) bool { return strings.HasPrefix(d, "linux-image-") })
		if next < 0 {
			return found[0], nil
		}
		name = found[0].depends[next]
	}
	return pkg{}, fmt.Errorf("package %s leads to no kernel", name)
}

// part matches the packages that hold a kernel's files: from 6.19 on Debian's
// linux-image- is empty and depends on them, and so do Ubuntu's.
var part = regexp.MustCompile(`^linux-(binary|modules|base)-[0-9]`)

// closure returns a package and those of its dependencies, near and far, whose
// names match wanted.
func closure(ctx context.Context, a *apt, first pkg, wanted *regexp.Regexp) ([]pkg, error) {
	all := []pkg{first}
	for i := 0; i < len(all); i++ {
		for _, name := range all[i].depends {
			known := slices.ContainsFunc(all, func(p pkg) bool { return p.name == name })
			if known || !wanted.MatchString(name) {
				continue
			}
			found, err := a.show(ctx, name)
			if err != nil {
				return nil, err
			}
			if len(found) == 0 {
				return nil, fmt.Errorf("the archive no longer has %s, which %s needs", name, all[i].name)
			}
			all = append(all, found...)
		}
	}
	return all, nil
}

// likelySuites are the suites to look for a version in, by its beginning; the
// others of knownSuites are looked into after them.
var likelySuites = []struct{ prefix, suite string }{
	{"5.10", "bullseye"}, {"6.1.", "bookworm"}, {"6.12", "trixie"},
	{"6.", "trixie-backports"}, {"7.", "trixie-backports"}, {"7.", "sid"},
}

var knownSuites = []string{
	"bullseye", "bookworm", "bookworm-backports", "trixie", "trixie-backports", "sid", "experimental",
}

// findVersion returns the newest kernel whose version or release begins with
// version, of the first suite that has one.
func (f *fetcher) findVersion(ctx context.Context, version string) (*apt, pkg, error) {
	var reached error
	for _, suite := range suitesFor(version) {
		a, err := f.suite(ctx, suite)
		if errors.Is(err, errNoSuite) {
			continue
		}
		if err != nil {
			reached = err
			continue
		}
		found, err := f.inSuite(ctx, a, version)
		if err != nil {
			return nil, pkg{}, err
		}
		if found.name != "" {
			return a, found, nil
		}
	}
	if reached != nil {
		return nil, pkg{}, reached
	}
	return nil, pkg{}, fmt.Errorf("the archive has no kernel of that version (looked into %s)", strings.Join(knownSuites, ", "))
}

func suitesFor(version string) []string {
	var order []string
	for _, likely := range likelySuites {
		if strings.HasPrefix(version+".", likely.prefix) {
			order = append(order, likely.suite)
		}
	}
	for _, suite := range knownSuites {
		if !slices.Contains(order, suite) {
			order = append(order, suite)
		}
	}
	return order
}

// inSuite returns an empty package where the suite has no such version.
func (f *fetcher) inSuite(ctx context.Context, a *apt, version string) (pkg, error) {
	names, err := a.names(ctx, "linux-image-")
	if err != nil {
		return pkg{}, err
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		return !strings.HasSuffix(name, "-"+f.flavour) || !isVersion(strings.TrimPrefix(name, "linux-image-"))
	})
	if len(names) == 0 {
		return pkg{}, nil
	}
	candidates, err := a.show(ctx, names...)
	if err != nil {
		return pkg{}, err
	}
	var best pkg
	for _, p := range candidates {
		meta := slices.ContainsFunc(p.depends, func(d string) bool { return strings.HasPrefix(d, "linux-image-") })
		release := strings.TrimPrefix(p.name, "linux-image-")
		if meta || !beginsVersion(release, version) && !beginsVersion(p.version, version) {
			continue
		}
		if best.name == "" || compareVersions(p.version, best.version) > 0 {
			best = p
		}
	}
	return best, nil
}

// beginsVersion reports whether v begins with prefix, whole numbers only:
// 6.12 does not begin with 6.1.
func beginsVersion(v, prefix string) bool {
	rest, ok := strings.CutPrefix(v, prefix)
	return ok && (rest == "" || rest[0] < '0' || rest[0] > '9')
}

// compareVersions orders versions as dpkg does (deb-version(7)), epochs aside.
func compareVersions(a, b string) int {
	for a != "" || b != "" {
		var textA, textB, numberA, numberB string
		textA, a = cutWhile(a, false)
		textB, b = cutWhile(b, false)
		if c := compareText(textA, textB); c != 0 {
			return c
		}
		numberA, a = cutWhile(a, true)
		numberB, b = cutWhile(b, true)
		numberA, numberB = strings.TrimLeft(numberA, "0"), strings.TrimLeft(numberB, "0")
		if c := len(numberA) - len(numberB); c != 0 {
			return c
		}
		if c := strings.Compare(numberA, numberB); c != 0 {
			return c
		}
	}
	return 0
}

// cutWhile cuts off the beginning that consists of digits, or of none.
func cutWhile(s string, digits bool) (head, rest string) {
	i := strings.IndexFunc(s, func(r rune) bool { return (r >= '0' && r <= '9') != digits })
	if i < 0 {
		i = len(s)
	}
	return s[:i], s[i:]
}

// compareText: a tilde sorts before the end, letters before all else.
func compareText(a, b string) int {
	for i := range max(len(a), len(b)) {
		if c := textOrder(a, i) - textOrder(b, i); c != 0 {
			return c
		}
	}
	return 0
}

func textOrder(s string, i int) int {
	switch {
	case i >= len(s):
		return 0
	case s[i] == '~':
		return -1
	case s[i] >= 'A' && s[i] <= 'Z', s[i] >= 'a' && s[i] <= 'z':
		return int(s[i])
	}
	return int(s[i]) + 256
}
