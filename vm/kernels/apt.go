package kernels

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"
)

// apt is a private installation of apt's state: its own sources, indexes and
// downloads under one folder. The machine's configuration (proxies, keyrings,
// credentials) applies, its hooks and its installed packages do not.
type apt struct {
	dir string
}

// errNoSuite is returned when the archive does not have a suite.
var errNoSuite = errors.New("the archive has no such suite")

func newApt(dir, sources, arch string) (*apt, error) {
	for _, program := range []string{"apt-get", "apt-cache", "dpkg-deb"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("%s is not on PATH: fetching packages needs Debian's or Ubuntu's apt; give a kernel by its path", program)
		}
	}
	for _, sub := range []string{"sources.list.d", "preferences.d", "state/lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, fmt.Errorf("write cache: %w", err)
		}
	}
	for name, text := range map[string]string{
		"sources.list.d/nsconform.sources": sources,
		"status":                           "",
		"apt.conf":                         aptConf(dir, arch),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, fmt.Errorf("write cache: %w", err)
		}
	}
	return &apt{dir: dir}, needRoom(dir)
}

// aptConf is read after the machine's configuration (apt.conf(5)).
func aptConf(dir, arch string) string {
	var b strings.Builder
	for _, hook := range []string{"Pre-Invoke", "Post-Invoke", "Post-Invoke-Success"} {
		fmt.Fprintf(&b, "#clear APT::Update::%s;\n", hook)
	}
	fmt.Fprintf(&b, "#clear APT::Architectures;\nAPT::Architecture %q;\nAPT::Architectures { %q; };\n", arch, arch)
	for _, setting := range [][2]string{
		{"Dir::State", filepath.Join(dir, "state")},
		{"Dir::State::status", filepath.Join(dir, "status")},
		{"Dir::Cache", filepath.Join(dir, "cache")},
		{"Dir::Etc::SourceList", "/dev/null"},
		{"Dir::Etc::SourceParts", filepath.Join(dir, "sources.list.d")},
		{"Dir::Etc::Preferences", "/dev/null"},
		{"Dir::Etc::PreferencesParts", filepath.Join(dir, "preferences.d")},
		{"APT::Sandbox::User", "root"}, // the cache may be out of _apt's reach
		{"APT::Update::Error-Mode", "any"},
		{"APT::Default-Release", ""},
		{"Acquire::Languages", "none"},
		{"Acquire::Retries", "2"},
		{"quiet", "2"},
	} {
		fmt.Fprintf(&b, "%s %q;\n", setting[0], setting[1])
	}
	return b.String()
}

// errFull says what to do about a full disk.
var errFull = errors.New("the disk that holds the cache is full (set NSCONFORM_CACHE to use another)")

// needRoom makes sure of room for an archive's index, a kernel and its modules: where
// there is little, apt may wait for ever.
func needRoom(dir string) error {
	const room = 256 << 20
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	if free := fs.Bavail * uint64(fs.Bsize); free < room {
		return fmt.Errorf("%s: %w: %d MiB are free, to fetch packages takes %d", dir, errFull, free>>20, room>>20)
	}
	return nil
}

// run runs one of apt's programs in dir and returns its stdout.
func (a *apt) run(ctx context.Context, dir, program string, args ...string) (string, error) {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, program, append([]string{"-c", filepath.Join(a.dir, "apt.conf")}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", explainApt(program+" "+args[0], errs.String(), err)
	}
	return out.String(), nil
}

// aptCauses are the causes that can be told from apt's messages.
var aptCauses = []struct {
	pattern *regexp.Regexp
	err     error
}{
	{regexp.MustCompile(`No space left|enough free space`), errFull},
	{regexp.MustCompile(`does not have a Release file|no longer has a Release file`), errNoSuite},
	{regexp.MustCompile(`NO_PUBKEY|signatures? (couldn't|could not) be verified|is not signed|signatures were invalid`), errors.New("its signature cannot be checked with this machine's keyrings (a newer debian-archive-keyring may help)")},
	{regexp.MustCompile(`resolv|Could not connect|Cannot initiate|Connection|unreachable|timed out|Failed to fetch`), errors.New("the archive cannot be reached")},
}

// explainApt makes one line of what apt says.
func explainApt(what, stderr string, err error) error {
	first := ""
	for line := range strings.Lines(stderr) {
		if text, ok := strings.CutPrefix(line, "E: "); ok && first == "" {
			first = strings.TrimSpace(text)
		}
	}
	for _, cause := range aptCauses {
		if !cause.pattern.MatchString(stderr) {
			continue
		}
		if first == "" || errors.Is(cause.err, errNoSuite) {
			return cause.err
		}
		return fmt.Errorf("%w: %s", cause.err, first)
	}
	if first != "" {
		return fmt.Errorf("%s: %s", what, first)
	}
	return fmt.Errorf("%s: %w", what, err)
}

func (a *apt) update(ctx context.Context) error {
	_, err := a.run(ctx, a.dir, "apt-get", "update")
	return err
}

// pkg is a package of an index.
type pkg struct {
	name, version string
	depends       []string // names
}

// show returns the versions that apt would choose of the named packages.
func (a *apt) show(ctx context.Context, names ...string) ([]pkg, error) {
	text, err := a.run(ctx, a.dir, "apt-cache", append([]string{"--no-all-versions", "show"}, names...)...)
	if err != nil {
		return nil, err
	}
	var packages []pkg
	for _, fields := range parseControl(text) {
		p := pkg{name: strings.TrimSpace(fields["package"]), version: strings.TrimSpace(fields["version"])}
		for _, alternatives := range strings.Split(strings.TrimSpace(fields["depends"]), ",") {
			if words := strings.Fields(alternatives); len(words) > 0 {
				p.depends = append(p.depends, words[0])
			}
		}
		packages = append(packages, p)
	}
	return packages, nil
}

// names returns the packages whose names begin with prefix.
func (a *apt) names(ctx context.Context, prefix string) ([]string, error) {
	text, err := a.run(ctx, a.dir, "apt-cache", "pkgnames", prefix)
	return strings.Fields(text), err
}

// unpack downloads packages and unpacks them into dir, all of them or none;
// finish, unless nil, completes what will be dir.
func (a *apt) unpack(ctx context.Context, packages []pkg, dir string, finish func(root string) error) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	staging, err := os.MkdirTemp(filepath.Dir(dir), ".unpack-")
	if err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	defer os.RemoveAll(staging)
	debs, root := filepath.Join(staging, "debs"), filepath.Join(staging, "root")
	if err := errors.Join(os.Mkdir(debs, 0o755), os.Mkdir(root, 0o755)); err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	wanted := []string{"download"}
	for _, p := range packages {
		wanted = append(wanted, p.name+"="+p.version)
	}
	if _, err := a.run(ctx, debs, "apt-get", wanted...); err != nil {
		return fmt.Errorf("download %s: %w", packages[0].name, err)
	}
	files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil || len(files) != len(packages) {
		return fmt.Errorf("download %s: %d of %d packages came", packages[0].name, len(files), len(packages))
	}
	for _, deb := range files {
		if out, err := exec.CommandContext(ctx, "dpkg-deb", "-x", deb, root).CombinedOutput(); err != nil {
			return explainApt("unpack "+filepath.Base(deb), "E: "+strings.ReplaceAll(string(out), "\n", " "), err)
		}
	}
	if err := os.RemoveAll(filepath.Join(root, "usr/share/doc")); err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	if finish != nil {
		if err := finish(root); err != nil {
			return err
		}
	}
	if err := os.Rename(root, dir); err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	return nil
}
