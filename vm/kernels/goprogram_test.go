package kernels

import (
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestNoGoIsTold(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	p := goProgram{name: "hammer", module: "example.org/tools", version: "v1.2.3", dir: "cmd/hammer"}
	err := p.buildInto(t.Context(), t.TempDir(), AMD64)
	if !errors.Is(err, errNoGo) || !strings.HasPrefix(err.Error(), "build hammer of example.org/tools v1.2.3: go is not on PATH") {
		t.Errorf("without go: %v", err)
	}
}

// TestToolFolderIsNamedByPrograms holds that another version of a program is another
// folder, and that none is the folder of the packages alone.
func TestToolFolderIsNamedByPrograms(t *testing.T) {
	packages := []pkg{{name: "a", version: "1"}}
	seen := map[string]bool{}
	for _, programs := range [][]goProgram{nil, {{module: "m", version: "v1", dir: "x"}}, {{module: "m", version: "v2", dir: "x"}}, {{module: "m", version: "v1", dir: "y"}}} {
		seen[toolFolder(packages, programs, AMD64)] = true
	}
	if len(seen) != 4 {
		t.Errorf("four choices have %d folders", len(seen))
	}
}

func TestSetsHaveTheirProgramsOnce(t *testing.T) {
	if got := (ToolRequest{Sets: []string{"cri", "tools"}}).goPrograms(); len(got) != 1 || got[0].String() != "sigs.k8s.io/cri-tools v1.34.0" {
		t.Errorf("programs of cri and tools: %v", got)
	}
	if got := (ToolRequest{Sets: []string{"tools"}}).goPrograms(); got != nil {
		t.Errorf("programs of tools: %v", got)
	}
}

func TestCIsForThisArchitectureOnly(t *testing.T) {
	other := map[string]string{AMD64: ARM64, ARM64: AMD64}[runtime.GOARCH]
	err := goProgram{name: "hammer", dir: ".", inC: true}.compileC(t.Context(), t.TempDir(), filepath.Join(t.TempDir(), "hammer"), other)
	if err == nil || !strings.Contains(err.Error(), "not for "+other) {
		t.Errorf("for %s: %v", other, err)
	}
}
