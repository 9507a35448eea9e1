package kernels

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseTools(t *testing.T) {
	for _, row := range []struct {
		texts []string
		want  string
		err   string
	}{
		{nil, "", ""},
		{[]string{"tools"}, "tools", ""},
		{[]string{"runc", "tools", "crun"}, "crun,runc,tools", ""},
		{[]string{"tools", "tools@trixie"}, "tools@trixie", ""},
		{[]string{"tools", "cni@trixie"}, "cni,tools@trixie", ""},
		{[]string{"tools@trixie", "tools@sid"}, "", "one suite"},
		{[]string{"hammers"}, "", "hammers: no such set of tools: there is cni, cri, crio, crun, ctr, docker, podman, runc, tools"},
		{[]string{"tools@"}, "", "want a suite"},
		{[]string{"tools@../x"}, "", "want a suite"},
		{[]string{"tools@6.12"}, "", "want a suite"},
	} {
		got, err := ParseTools(row.texts...)
		switch {
		case row.err != "" && (err == nil || !strings.Contains(err.Error(), row.err)):
			t.Errorf("%v: %v, want %q", row.texts, err, row.err)
		case row.err == "" && (err != nil || got.String() != row.want):
			t.Errorf("%v: %q, %v", row.texts, got, err)
		}
	}
	if got := (ToolRequest{Suite: "sid"}).With("tools").With("tools"); got.String() != "tools@sid" {
		t.Errorf("with tools twice: %s", got)
	}
}

func TestParseSimulated(t *testing.T) {
	got := parseSimulated(`Inst libc6 (2.36-9+deb12u13 Debian:12.15/oldstable [amd64]) []
Conf libc6 (2.36-9+deb12u13 Debian:12.15/oldstable [amd64])
Inst uidmap (1:4.13+dfsg1-1+deb12u2 Debian:12.15/oldstable [amd64])
`)
	want := []pkg{{name: "libc6", version: "2.36-9+deb12u13"}, {name: "uidmap", version: "1:4.13+dfsg1-1+deb12u2"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(pkg{})); diff != "" {
		t.Errorf("packages (-want +got):\n%s", diff)
	}
}

func TestFirstOf(t *testing.T) {
	isThere := func(name string) (bool, error) { return name == "old" || name == "older", nil }
	for text, want := range map[string]string{"new": "new", "new|old": "old", "new|old|older": "old", "old|new": "old", "new|newer": "newer"} {
		if got, err := firstOf(text, isThere); got != want || err != nil {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
}

// TestTrimToolsMergesUsr holds that all is in /usr in the end, and that of a program
// and a link to it under the same name in the other folder the program stays.
func TestTrimToolsMergesUsr(t *testing.T) {
	root := t.TempDir()
	for name, content := range map[string]string{
		"bin/ip": "ip", "usr/bin/unshare": "unshare", "sbin/tc": "tc", "lib/x/libc.so": "libc", "usr/lib/x/libm.so": "libm",
		"bin/true": "->/usr/bin/true", "usr/bin/true": "true", "bin/false": "false", "usr/bin/false": "->/bin/false",
		"usr/share/doc/iproute2/README": "read me", "usr/share/man/man8/ip.8": "ip", "usr/lib/x/gconv/UTF-7.so": "utf",
		"usr/lib/x/libcrun.a": "crun", "usr/libexec/podman/podman-testing": "podman",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, ok := strings.CutPrefix(content, "->"); ok {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(content), 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := trimTools(root); err != nil {
		t.Fatal(err)
	}
	var got []string
	filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			content, _ := os.ReadFile(path)
			got = append(got, strings.TrimPrefix(path, root+"/")+" "+entry.Type().String()[:1]+" "+string(content))
		}
		return err
	})
	want := []string{
		"usr/bin/false - false", "usr/bin/ip - ip", "usr/bin/true - true", "usr/bin/unshare - unshare",
		"usr/lib/x/libc.so - libc", "usr/lib/x/libm.so - libm", "usr/sbin/tc - tc",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if size, err := sizeOf(root); err != nil || size != int64(len("falseiptrueunsharelibclibmtc")) {
		t.Errorf("size %d, %v", size, err)
	}
}

func TestCachedToolsNeedNoArchive(t *testing.T) {
	o := Options{CacheDir: t.TempDir()}
	request := ToolRequest{Sets: []string{"tools"}, Suite: "test"}
	if got := toolsFromCache(request, ARM64, o, true); got != nil {
		t.Fatalf("an empty cache has %v", got)
	}
	folder := toolFolder([]pkg{{name: "b", version: "2"}, {name: "a", version: "1"}}, nil, ARM64)
	if folder != toolFolder([]pkg{{name: "a", version: "1"}, {name: "b", version: "2"}}, nil, ARM64) || folder == toolFolder([]pkg{{name: "a", version: "2"}, {name: "b", version: "2"}}, nil, ARM64) {
		t.Error("a folder is not named by its packages")
	}
	remember := func(asked time.Time, contents string) {
		data, err := json.Marshal(toolMemo{Packages: []string{"a 1"}, Folder: folder, Bytes: 5, Asked: asked, Contents: contents})
		if err != nil {
			t.Fatal(err)
		}
		if err := writeFile(toolMemoPath(request, ARM64, o.CacheDir), data); err != nil {
			t.Fatal(err)
		}
	}
	remember(time.Now(), request.contents())
	if got := toolsFromCache(request, ARM64, o, false); got != nil {
		t.Errorf("the folder has gone, still there is %v", got)
	}
	if err := os.MkdirAll(filepath.Join(toolsDir(o.CacheDir), folder), 0o755); err != nil {
		t.Fatal(err)
	}
	want := &Tools{Root: filepath.Join(toolsDir(o.CacheDir), folder), Packages: []string{"a 1"}, Bytes: 5}
	got, err := FindTools(t.Context(), request, ARM64, o)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	remember(time.Now(), "other packages")
	if got := toolsFromCache(request, ARM64, o, true); got != nil {
		t.Errorf("of other packages there is %v", got)
	}
	remember(time.Now().Add(-2*keepFor), request.contents())
	if got := toolsFromCache(request, ARM64, o, false); got != nil {
		t.Errorf("after a long time there still is %v", got)
	}
}
