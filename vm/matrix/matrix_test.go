package matrix

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

func TestKernels(t *testing.T) {
	all := Kernels()
	if len(all) < 8 || all[0] != "debian:bullseye" {
		t.Errorf("%d kernels, the first is %s", len(all), all[0])
	}
	if again := slices.Compact(slices.Sorted(slices.Values(all))); len(again) != len(all) {
		t.Error("a kernel is there twice")
	}
	for _, name := range all {
		if !regexp.MustCompile(`^debian:[a-z0-9.-]+$`).MatchString(name) {
			t.Errorf("%q is no kernel to fetch", name)
		}
	}
	// sed counts lines, and jq reads them: there is nothing else in them.
	if want := strings.Join(all, "\n") + "\n"; kernels != want {
		t.Errorf("kernels.txt is %q, want %q", kernels, want)
	}
}

// TestWorkflowTakesTheList runs the step of the workflow that makes its matrix.
func TestWorkflowTakesTheList(t *testing.T) {
	text, err := os.ReadFile("../../.github/workflows/matrix.yml")
	if err != nil {
		t.Fatal(err)
	}
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct{ Run string }
		}
	}
	if err := yaml.Unmarshal(text, &workflow); err != nil {
		t.Fatal(err)
	}
	var script []string
	for _, step := range workflow.Jobs["kernels"].Steps {
		script = append(script, step.Run)
	}
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip(err)
	}
	output := filepath.Join(t.TempDir(), "output")
	cmd := exec.Command("bash", "-euc", strings.Join(script, "\n"))
	cmd.Dir, cmd.Env = "../..", append(os.Environ(), "GITHUB_OUTPUT="+output)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	want := `kernels=["` + strings.Join(Kernels(), `","`) + "\"]\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	if !bytes.Contains(text, []byte("fromJSON(needs.kernels.outputs.kernels)")) {
		t.Error("the matrix is not made of that")
	}
}
