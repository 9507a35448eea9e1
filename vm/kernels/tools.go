package kernels

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Tools are programs for guests, with all libraries that they need.
type Tools struct {
	// Root is a folder laid out like a root file system, in which all is below usr:
	// bin, sbin and lib are to be links.
	Root string
	// Packages are those that the sets name, each with its version:
	// "util-linux 2.38.1-5+deb12u3".
	Packages []string
	// Bytes is the size of all files.
	Bytes int64
}

// toolMemo remembers what a request stood for.
type toolMemo struct {
	Packages []string  `json:"packages"` // see [Tools]
	Folder   string    `json:"folder"`   // in the tools' folder of the cache
	Bytes    int64     `json:"bytes"`
	Asked    time.Time `json:"asked"`
	Contents string    `json:"contents"` // see [ToolRequest.contents]
}

func toolsDir(cacheDir string) string { return filepath.Join(cacheDir, "tools") }

// FindTools returns the programs that a request names, for an architecture: unpacked
// packages of the machine's own suites, or of the one that the request names, from the
// cache if they were fetched less than a week ago. They do not depend on the kernel,
// so that kernels are what is compared.
func FindTools(ctx context.Context, r ToolRequest, arch string, o Options) (*Tools, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	t, err := findTools(ctx, r, arch, o)
	if err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("find the tools %s: %w", r, err)
	}
	return t, err
}

func findTools(ctx context.Context, r ToolRequest, arch string, o Options) (*Tools, error) {
	if t := toolsFromCache(r, arch, o, false); t != nil {
		return t, nil
	}
	// The kernels' lock: apt's folders are shared with them.
	unlock, err := lock(ctx, kernelsDir(o.CacheDir), o.Progress)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if t := toolsFromCache(r, arch, o, false); t != nil {
		return t, nil // fetched by the one that was waited for
	}
	err = fetchTools(ctx, r, arch, o)
	t := toolsFromCache(r, arch, o, true)
	switch {
	case err == nil && t == nil:
		return nil, errors.New("what was fetched is not in the cache")
	case err != nil && (t == nil || ctx.Err() != nil || errors.Is(err, errNoSuite)):
		return nil, err
	case err != nil:
		o.Progress(fmt.Sprintf("keeping the cached %s: %v", strings.Join(t.Packages, ", "), err))
	}
	return t, nil
}

func toolMemoPath(r ToolRequest, arch, cacheDir string) string {
	name := strings.Join(r.Sets, "+") + "@" + cmp.Or(r.Suite, "own") + archSuffix(arch, memoArch)
	return filepath.Join(toolsDir(cacheDir), name+".json")
}

// toolsFromCache returns nil where the cache does not have an answer.
func toolsFromCache(r ToolRequest, arch string, o Options, stale bool) *Tools {
	data, err := os.ReadFile(toolMemoPath(r, arch, o.CacheDir))
	if err != nil {
		return nil
	}
	var m toolMemo
	if json.Unmarshal(data, &m) != nil || !stale && (o.Refresh || time.Since(m.Asked) > keepFor) {
		return nil
	}
	if m.Contents != r.contents() {
		return nil // of another version of this program, whose sets are others
	}
	t := &Tools{Root: filepath.Join(toolsDir(o.CacheDir), m.Folder), Packages: m.Packages, Bytes: m.Bytes}
	if m.Folder == "" || !isDir(t.Root) {
		return nil
	}
	return t
}

// fetchTools has apt resolve what the request's packages depend on, on a machine that
// has nothing yet, and unpacks all of it.
func fetchTools(ctx context.Context, r ToolRequest, arch string, o Options) error {
	f, err := newFetcher(o, arch)
	if err != nil {
		return err
	}
	a, err := f.toolSuites(ctx, r.Suite)
	if err != nil {
		return err
	}
	wanted, err := a.choose(ctx, r.packages())
	if err != nil {
		return err
	}
	packages, err := a.resolve(ctx, wanted...)
	if err != nil {
		return err
	}
	programs := r.goPrograms()
	m := toolMemo{Folder: toolFolder(packages, programs, arch), Asked: time.Now().UTC()}
	for _, p := range packages {
		if slices.Contains(wanted, p.name) {
			m.Packages = append(m.Packages, p.name+" "+p.version)
		}
	}
	for _, p := range programs {
		m.Packages = append(m.Packages, p.String())
	}
	slices.Sort(m.Packages)
	m.Packages = slices.Compact(m.Packages)
	dir := filepath.Join(toolsDir(o.CacheDir), m.Folder)
	if !isDir(dir) {
		o.Progress(fmt.Sprintf("fetching %s (%d packages)", strings.Join(m.Packages, ", "), len(packages)))
		finish := func(root string) error { return finishTools(ctx, root, programs, arch, o) }
		if err := a.unpack(ctx, packages, dir, finish); err != nil {
			return err
		}
	}
	if m.Bytes, err = sizeOf(dir); err != nil {
		return err
	}
	m.Contents = r.contents()
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode memo: %w", err)
	}
	return writeFile(toolMemoPath(r, arch, o.CacheDir), data)
}

// toolSuites returns the indexes of the suite that tools are to come from.
func (f *fetcher) toolSuites(ctx context.Context, suite string) (*apt, error) {
	if suite == "" {
		return f.ownSuites(ctx)
	}
	return f.completeSuite(ctx, suite)
}

// finishTools makes of unpacked packages what guests get, with programs that are built.
func finishTools(ctx context.Context, root string, programs []goProgram, arch string, o Options) error {
	if err := trimTools(root); err != nil {
		return err
	}
	for _, p := range programs {
		o.Progress("building " + p.name + " of " + p.String())
		if err := p.buildInto(ctx, root, arch); err != nil {
			return err
		}
	}
	return nil
}

// toolFolder names what exactly these packages unpack to, and these programs add.
func toolFolder(packages []pkg, programs []goProgram, arch string) string {
	var lines []string
	for _, p := range programs {
		lines = append(lines, p.String()+" "+p.dir+"\n")
	}
	for _, p := range packages {
		lines = append(lines, p.name+"="+p.version+"\n")
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(toolLayout + strings.Join(lines, "")))
	return "packages-" + arch + "-" + hex.EncodeToString(sum[:8])
}
