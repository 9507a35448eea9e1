package kernels

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// TestSourcesAreRewritten holds, for each of testdata's apt folders, the
// sources made for a few suites.
func TestSourcesAreRewritten(t *testing.T) {
	for _, folder := range []string{"deb822", "oneline", "thirdparty", "inlinekey"} {
		t.Run(folder, func(t *testing.T) {
			sources, err := readSources(filepath.Join("testdata", "apt", folder))
			if err != nil {
				t.Fatal(err)
			}
			a, err := findArchive(sources, "debian", "bookworm")
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			out.WriteString("own: " + strings.Join(a.own, " ") + "\n")
			for _, suite := range []string{"bookworm", "trixie", "trixie-backports", "sid"} {
				out.WriteString("\n## " + suite + "\n" + a.stanzas(suite, mayHaveSecurity(suite)))
			}
			out.WriteString("\n## default\n" + a.ownStanzas())
			golden(t, "apt/"+folder+".golden", out.String())
		})
	}
}

func TestMachineWithoutTheArchive(t *testing.T) {
	sources, err := readSources(filepath.Join("testdata", "apt", "deb822"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := findArchive(sources, "debian", "trixie"); err == nil || !strings.Contains(err.Error(), "no entry for trixie") {
		t.Errorf("got %v", err)
	}
	if none, err := readSources(t.TempDir()); len(none) != 0 || err != nil {
		t.Errorf("got %v, %v", none, err)
	}
}

func TestAptFailuresAreOneLine(t *testing.T) {
	status := errors.New("exit status 100")
	tests := []struct{ stderr, want string }{
		{"E: The repository 'http://mirror.example.org/debian nosuch Release' does not have a Release file.\nN: Updating is disabled\n", "the archive has no such suite"},
		{"W: Failed to fetch http://mirror.example.org/x  Temporary failure resolving 'mirror.example.org'\nE: Some index files failed to download.\n", "the archive cannot be reached: Some index files failed to download."},
		{"E: Write error - write (28: No space left on device)\n", "the disk that holds the cache is full (set NSCONFORM_CACHE to use another): Write error - write (28: No space left on device)"},
		{"W: GPG error: the following signatures couldn't be verified: NO_PUBKEY 1\nE: The repository is not signed.\n", "its signature cannot be checked with this machine's keyrings (a newer debian-archive-keyring may help): The repository is not signed."},
		{"E: Something else\nE: and more\n", "apt-get update: Something else"},
		{"", "apt-get update: exit status 100"},
	}
	for _, tt := range tests {
		if got := explainApt("apt-get update", tt.stderr, status).Error(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestVersionsAreOrdered(t *testing.T) {
	ascending := []string{"6.1.9-1", "6.1.10-1", "6.12.117-1~bpo12+1", "6.12.117-1", "6.12.117-1+b1", "7.0~rc3-1~exp1", "7.0-1", "7.0.1-1"}
	for i, a := range ascending {
		for j, b := range ascending {
			if got := compareVersions(a, b); got < 0 != (i < j) || got > 0 != (i > j) {
				t.Errorf("%s against %s: %d", a, b, got)
			}
		}
	}
	for _, tt := range []struct {
		v, prefix string
		want      bool
	}{{"6.1.0-56", "6.1", true}, {"6.12.1", "6.1", false}, {"6.1", "6.1", true}, {"6.12.117+deb13", "6.12.117", true}, {"7.3", "6", false}} {
		if got := beginsVersion(tt.v, tt.prefix); got != tt.want {
			t.Errorf("%s begins with %s: %v", tt.v, tt.prefix, got)
		}
	}
}

func TestSuitesForAVersion(t *testing.T) {
	for version, first := range map[string]string{"5.10": "bullseye", "6.1": "bookworm", "6.12.117": "trixie", "6.16": "trixie-backports", "7.2": "trixie-backports", "4.19": "bullseye"} {
		got := suitesFor(version)
		if got[0] != first || len(got) != len(knownSuites) {
			t.Errorf("%s: %v", version, got)
		}
	}
}
