package suites

import (
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/suites/catalog"
	"github.com/nsconform/nsconform/suites/spec"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"
)

// TestConformance runs the specs on this host: go test ./suites, as root.
func TestConformance(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("makes namespaces, which needs root")
	}
	release, err := Alone()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	spec.Gates = Gates(Selection{}.Plan())
	gomega.RegisterFailHandler(ginkgo.Fail)
	config, _ := ginkgo.GinkgoConfiguration()
	if config.LabelFilter == "" {
		config.LabelFilter = Selection{}.Filter()
	}
	ginkgo.RunSpecs(t, description, config)
}

// TestPlanIsWhatTheFilterSelects holds the two forms of a selection together.
func TestPlanIsWhatTheFilterSelects(t *testing.T) {
	for _, args := range [][]string{nil, {"uts"}, {"net"}, {"uts-sethostname-efault"}, {"ipc_namespaces(7)", "time"}} {
		selection, err := Select(args...)
		if err != nil {
			t.Fatal(err)
		}
		var plan, filtered []string
		for _, p := range selection.Plan() {
			plan = append(plan, p.Name)
		}
		config, _ := ginkgo.GinkgoConfiguration()
		config.LabelFilter = selection.Filter()
		for _, r := range ginkgo.PreviewSpecs(description, config).SpecReports {
			if r.LeafNodeType == types.NodeTypeIt && !r.State.Is(types.SpecStateSkipped) {
				filtered = append(filtered, r.FullText())
			}
		}
		slices.Sort(plan)
		slices.Sort(filtered)
		if diff := cmp.Diff(filtered, plan); diff != "" || len(plan) == 0 {
			t.Errorf("%v: %d specs planned (-filter +plan):\n%s", args, len(plan), diff)
		}
	}
}

// TestSpecsAndCatalogAgree is the lint that ties specs and requirements together.
func TestSpecsAndCatalogAgree(t *testing.T) {
	var claims []catalog.SpecClaim
	named := map[string]bool{}
	for _, p := range (Selection{}).Plan() {
		claims = append(claims, catalog.SpecClaim{Spec: p.Name, IDs: p.Requirements})
		if named[p.Name] {
			t.Errorf("two specs are named %q", p.Name)
		}
		named[p.Name] = true
	}
	for _, err := range catalog.Lint(claims) {
		t.Error(err)
	}
}

// TestDivide holds that the parts are about equal, and are all containers once.
func TestDivide(t *testing.T) {
	plan := Selection{}.Plan()
	sizes := sizes(plan)
	var together []int
	for _, part := range Divide(plan, 3) {
		specs := 0
		for _, container := range part {
			specs += sizes[container]
		}
		if third := len(plan) / 3; specs < third-3 || specs > third+3 {
			t.Errorf("a part of %d specs, of %d in all", specs, len(plan))
		}
		together = append(together, part...)
	}
	slices.Sort(together)
	if diff := cmp.Diff(Containers(plan), together); diff != "" {
		t.Errorf("containers (-all +parts):\n%s", diff)
	}
}
