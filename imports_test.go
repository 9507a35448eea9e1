package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/nsconform/nsconform"

// allowed says which packages of this module the packages below a folder may
// import: imports point down. Those within the same folder always may.
var allowed = map[string][]string{
	"nsutil":         nil,
	"reports":        nil,
	"harness":        {"nsutil"},
	"suites/catalog": {"nsutil"},
	"suites":         {"suites/catalog", "harness", "nsutil", "reports"},
	"bench":          {"harness", "nsutil", "reports"},
	"vm":             {"harness", "nsutil", "reports"},
	"":               {"suites", "suites/catalog", "bench", "vm", "harness", "nsutil", "reports"},
}

func TestImportsPointDown(t *testing.T) {
	for _, p := range packages(t) {
		place := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		folder := folderOf(place)
		for _, imported := range p.Imports {
			inside, ok := strings.CutPrefix(imported, module+"/")
			if ok && folderOf(inside) != folder && !slices.Contains(allowed[folder], folderOf(inside)) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
			if strings.HasPrefix(imported, "github.com/onsi/") && folder != "suites" {
				t.Errorf("%s imports %s: only suites may", p.ImportPath, imported)
			}
			if imported == "testing" && folder == "nsutil" {
				t.Errorf("%s imports testing", p.ImportPath)
			}
		}
	}
}

func folderOf(place string) string {
	if strings.HasPrefix(place, "suites/catalog") {
		return "suites/catalog"
	}
	return strings.Split(place, "/")[0]
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("list packages: %v", err)
	}
	var all []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
