package nsutil

import (
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// A library must not bring package testing, nor modules, into its users' programs.
func TestImportsNothingBesideUnixAndTheStandardLibrary(t *testing.T) {
	for _, file := range sources(t) {
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
			if path == "testing" || !standard && path != "golang.org/x/sys/unix" {
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
}
