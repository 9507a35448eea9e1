package kernels

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Entry is one line of what [List] knows.
type Entry struct {
	Name    string // to ask for it: "host", "debian:bookworm"
	Release string // uname -r of what is there; empty if it would have to be fetched
	Cached  bool
	Note    string // where it is, or why not
}

// List returns the kernels that can be asked for by name: the host's, those
// in the cache, and the suites that the machine's archive may have. It asks
// no archive.
func List(o Options) ([]Entry, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	entries := []Entry{hostEntry()}
	memos, err := filepath.Glob(memoPath(o.CacheDir, "*"))
	if err != nil {
		return nil, err
	}
	for _, path := range memos {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var m memo
		if err != nil || json.Unmarshal(data, &m) != nil {
			continue
		}
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		name, arch, foreign := strings.Cut(name, memoArch)
		if name == "default" {
			continue
		}
		if foreign {
			name += "/" + arch
		}
		entries = append(entries, Entry{
			Name: "debian:" + name, Release: strings.TrimPrefix(m.Package, "linux-image-"), Cached: true,
			Note: "cached, version " + m.Version + " of " + m.Asked.Format("2006-01-02"),
		})
	}
	if _, err := newFetcher(o, runtime.GOARCH); err != nil {
		return append(entries, Entry{Name: "debian:SUITE", Note: err.Error()}), nil
	}
	for _, suite := range knownSuites {
		name := "debian:" + suite
		if !slices.ContainsFunc(entries, func(e Entry) bool { return e.Name == name }) {
			entries = append(entries, Entry{Name: name, Note: "to be had, if the archive has it"})
		}
	}
	for _, arch := range slices.Sorted(maps.Keys(Machines)) {
		if arch != runtime.GOARCH {
			entries = append(entries, Entry{Name: "debian:SUITE/" + arch, Note: "to be had, and emulated"})
		}
	}
	slices.SortStableFunc(entries[1:], func(a, b Entry) int {
		return cmp.Or(cmp.Compare(otherArch(a.Name), otherArch(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return entries, nil
}

// otherArch puts the kernels of this machine's architecture first.
func otherArch(name string) int {
	if ArchOf(name) == runtime.GOARCH {
		return 0
	}
	return 1
}

func hostEntry() Entry {
	k, err := findHost()
	if err != nil {
		return Entry{Name: "host", Note: err.Error()}
	}
	return Entry{Name: "host", Release: k.Release, Note: "on this host"}
}
