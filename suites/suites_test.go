package suites

import (
	"os"
	"slices"
	"strings"
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
	gomega.RegisterFailHandler(spec.FailHandler)
	config, _ := ginkgo.GinkgoConfiguration()
	if config.LabelFilter == "" {
		config.LabelFilter = Selection{}.Filter()
	}
	ginkgo.RunSpecs(t, description, config)
}

// TestPlanIsWhatTheFilterSelects holds the two forms of a selection together.
func TestPlanIsWhatTheFilterSelects(t *testing.T) {
	for _, args := range [][]string{nil, {"uts"}, {"tools"}, {"cni"}, {"nsenter(1)"}, {"runtimes"}, {"crun"}, {"engines"}, {"cri"}, {"crio"}, {"ctr"}, {"docker"}, {"podman"}, {"net"}, {"uts-sethostname-efault"}, {"ipc_namespaces(7)", "time"}} {
		selection, err := Select(args...)
		if err != nil {
			t.Fatal(err)
		}
		expectPlanFiltered(t, selection, args)
	}
	expectPlanFiltered(t, Selection{}.WithTools(), []string{"all without tools"})
	expectPlanFiltered(t, Selection{}.WithTools("cni"), []string{"all without tools but cni"})
}

func expectPlanFiltered(t *testing.T, selection Selection, args []string) {
	t.Helper()
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

// TestToolsAreForThoseWhoAskForThem holds that no spec of other topics needs a program,
// that those of programs carry the label by which they are left out, and that their
// topics' selections bring the programs in.
func TestToolsAreForThoseWhoAskForThem(t *testing.T) {
	light := Selection{}.WithTools().Plan()
	if ToolSets(light) != nil || len(spec.ToolVersions(Gates(light))) > 0 {
		t.Error("specs without tools need some")
	}
	if sets := ToolSets(Selection{}.WithTools("cni").Plan()); !slices.Equal(sets, []string{"cni"}) {
		t.Errorf("specs with only cni need %v", sets)
	}
	for id, gate := range Gates(light) {
		for _, need := range gate.Needs {
			if strings.HasSuffix(need, "-tool") || need == "newuidmap" || need == "cni-plugins" || need == "oci-runtime" || need == "container-engine" {
				t.Errorf("a spec of %s, which needs %s, does not carry the label", id, need)
			}
		}
	}
	for _, row := range []struct{ arg, sets string }{
		{"tools", "tools"}, {"unshare(1)", "tools"}, {"unshare-tool-*", "tools"}, {"ip-netns-add-pins", "tools"},
		{"runtimes", "crun runc"}, {"runc", "runc"},
		{"engines", "cri crio ctr docker podman"}, {"cri", "cri"}, {"crio", "crio"}, {"docker", "docker"}, {"podman", "podman"},
		{"cni", "cni"}, {"cni-spec", "cni"}, {"cni-del-*", "cni"},
		{"user", ""}, {"net", ""}, {"pid", ""}, {"unshare(2)", ""}, {"user-mount-proc-sysfs-reveal-no-more", ""},
	} {
		selection, err := Select(row.arg)
		if err != nil {
			t.Fatal(err)
		}
		if sets := strings.Join(ToolSets(selection.Plan()), " "); sets != row.sets {
			t.Errorf("%s: brings in %q, want %q", row.arg, sets, row.sets)
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
