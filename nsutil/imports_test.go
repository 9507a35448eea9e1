package nsutil

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A library must not bring package testing, nor modules, into its users' programs.
func TestImportsNothingBesideUnixAndTheStandardLibrary(t *testing.T) {
	inspect, err := filepath.Glob("inspect/*.go")
	if err != nil || len(inspect) == 0 {
		t.Fatalf("sources of package inspect: %q, %v", inspect, err)
	}
	const own = "github.com/nsconform/nsconform/nsutil"
	for _, file := range append(sources(t), inspect...) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			root, _, _ := strings.Cut(path, "/")
			standard := !strings.Contains(root, ".")
			if path == "testing" || !standard && path != "golang.org/x/sys/unix" && path != own {
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
}
