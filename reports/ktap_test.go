package reports

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ktapNode is a parsed KTAP result with its subtests.
type ktapNode struct {
	ok                    bool
	name, directive, data string
	parent                bool
	children              []ktapNode
}

// ktapReader parses KTAP as Documentation/dev-tools/ktap.rst has it, and strictly:
// what our writer should never write is an error. XPASS is kselftest's.
type ktapReader struct {
	lines []string
	next  int
}

var (
	ktapResult = regexp.MustCompile(`^(ok|not ok) ([1-9][0-9]*) ([^#]+?)(?: # (SKIP|TODO|XFAIL|TIMEOUT|ERROR|XPASS)(?: ([^#]*))?)?$`)
	ktapPlan   = regexp.MustCompile(`^1\.\.([0-9]+)( # SKIP .+)?$`)
	ktapTotals = regexp.MustCompile(`^# Totals: pass:(\d+) fail:(\d+) xfail:(\d+) xpass:(\d+) skip:(\d+) error:(\d+)$`)
)

// peek returns the next line without its indentation; false at another level.
func (k *ktapReader) peek(depth int) (string, bool) {
	if k.next == len(k.lines) {
		return "", false
	}
	line := k.lines[k.next]
	text := strings.TrimLeft(line, " ")
	return text, len(line)-len(text) == 2*depth
}

func (k *ktapReader) level(depth int) ([]ktapNode, error) {
	if text, here := k.peek(depth); !here || text != "KTAP version 1" {
		return nil, fmt.Errorf("line %d: %q is no version line of level %d", k.next+1, text, depth)
	}
	k.next++
	text, here := k.peek(depth)
	plan := ktapPlan.FindStringSubmatch(text)
	if !here || plan == nil {
		return nil, fmt.Errorf("line %d: %q is no plan of level %d", k.next+1, text, depth)
	}
	k.next++
	var nodes []ktapNode
	for {
		node, more, err := k.test(depth, len(nodes)+1)
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		nodes = append(nodes, node)
	}
	if fmt.Sprint(len(nodes)) != plan[1] || (len(nodes) == 0) != (plan[2] != "") {
		return nil, fmt.Errorf("line %d: %d results for plan %q", k.next+1, len(nodes), plan[0])
	}
	return nodes, nil
}

// test parses diagnostics, a subtest and a result line; false when the level is over.
func (k *ktapReader) test(depth, number int) (node ktapNode, more bool, err error) {
	for {
		text, here := k.peek(depth)
		switch {
		case here && strings.HasPrefix(text, "#"):
			k.next++
		case here && text != "":
			m := ktapResult.FindStringSubmatch(text)
			if m == nil || m[2] != fmt.Sprint(number) {
				return node, false, fmt.Errorf("line %d: %q is not result %d", k.next+1, text, number)
			}
			k.next++
			node.ok, node.name, node.directive, node.data = m[1] == "ok", m[3], m[4], m[5]
			return node, true, nil
		case strings.HasPrefix(k.rest(), strings.Repeat("  ", depth+1)+"KTAP version 1\n"):
			if node.children, err = k.level(depth + 1); err != nil {
				return node, false, err
			}
			node.parent = true
		default:
			return node, false, nil
		}
	}
}

func (k *ktapReader) rest() string { return strings.Join(k.lines[k.next:], "\n") + "\n" }

func parseKTAP(text string) ([]ktapNode, error) {
	k := &ktapReader{lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
	nodes, err := k.level(0)
	if err != nil {
		return nil, err
	}
	if k.next != len(k.lines) {
		return nil, fmt.Errorf("line %d: %q comes after the last result", k.next+1, k.lines[k.next])
	}
	totals := ktapTotals.FindStringSubmatch(k.lines[k.next-1])
	if totals == nil {
		return nil, fmt.Errorf("the last line is %q, not the totals", k.lines[k.next-1])
	}
	counts := map[string]int{}
	if err := checkParents(nodes, counts); err != nil {
		return nil, err
	}
	want := fmt.Sprintf("# Totals: pass:%d fail:%d xfail:%d xpass:%d skip:%d error:%d", counts["pass"], counts["fail"], counts["XFAIL"], counts["XPASS"], counts["SKIP"], counts["ERROR"])
	if totals[0] != want {
		return nil, fmt.Errorf("totals %q, counted %q", totals[0], want)
	}
	return nodes, nil
}

// checkParents holds that a parent is not ok if a child is not, and counts leaves.
func checkParents(nodes []ktapNode, counts map[string]int) error {
	for _, n := range nodes {
		for _, child := range n.children {
			if n.ok && !child.ok {
				return fmt.Errorf("%q is ok although %q is not", n.name, child.name)
			}
		}
		if err := checkParents(n.children, counts); err != nil {
			return err
		}
		switch {
		case n.parent:
		case n.directive == "SKIP" || n.directive == "XFAIL" || n.directive == "XPASS" || n.directive == "ERROR":
			counts[n.directive]++
		case n.ok:
			counts["pass"]++
		default:
			counts["fail"]++
		}
	}
	return nil
}

func TestKTAPFollowsTheSpecification(t *testing.T) {
	r := readSample(t)
	runs, err := parseKTAP(string(render(t, "ktap", r)))
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != len(r.Runs) {
		t.Fatalf("%d runs, want %d", len(runs), len(r.Runs))
	}
	for i, run := range r.Runs {
		for j, topic := range run.Topics() {
			for k, s := range run.topic(topic) {
				leaf := runs[i].children[j].children[k]
				if leaf.name != withoutHash(s.Spec) || leaf.ok == s.Verdict.Bad() {
					t.Errorf("%+v became %+v", s, leaf)
				}
			}
		}
	}
}

func TestKTAPOfMutants(t *testing.T) {
	r := readSampleOf(t, mutantSample)
	runs, err := parseKTAP(string(render(t, "ktap", r)))
	if err != nil {
		t.Fatal(err)
	}
	want := map[Grade]string{
		Killed: "ok", Harmless: "ok", NotApplicable: "ok SKIP", Survived: "not ok",
		Crashed: "not ok ERROR", Ungraded: "not ok ERROR", Disturbs: "not ok ERROR",
	}
	for i, run := range r.Runs {
		mutants := runs[i].children[len(runs[i].children)-1]
		for j, m := range run.Mutants {
			leaf := mutants.children[j]
			got := strings.TrimSpace("not ok " + leaf.directive)
			if leaf.ok {
				got = strings.TrimSpace("ok " + leaf.directive)
			}
			if got != want[m.Grade] || leaf.name != withoutHash(m.Mutant) {
				t.Errorf("%s %s became %s %s", m.Grade, m.Mutant, got, leaf.name)
			}
		}
	}
}

func TestKTAPDirectives(t *testing.T) {
	begin := planned("broken", "crash", "fail", "missing", "pass", "skip", "timeout")
	r := fold(begin, ends("broken", Broken), ends("crash", Crash), ends("fail", Fail), ends("pass", Pass), ends("skip", Skipped), ends("timeout", Timeout))
	r.Runs[0].Spec("timeout").Seconds = 2.5
	var b bytes.Buffer
	k := &ktap{}
	for i, s := range r.Runs[0].Results {
		k.spec(i+1, s)
	}
	b.WriteString(k.b.String())
	want := `    not ok 1 broken # ERROR broken: it did not
    not ok 2 crash # ERROR crash: it did not
    not ok 3 fail
    not ok 4 missing # ERROR did not run
    ok 5 pass
    ok 6 skip # SKIP arch: not here
    not ok 7 timeout # TIMEOUT 2.5 seconds
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestKTAPOfNothing(t *testing.T) {
	for want, r := range map[string]*Report{
		"1..0 # SKIP no run began\n":          {},
		"  1..0 # SKIP nothing was planned\n": fold(planned(), runEnds(RunEnd{})),
	} {
		text := string(render(t, "ktap", r))
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
}

func TestKTAPDirectiveCannotBeForged(t *testing.T) {
	forged := ends("a", Broken)
	forged.Result.Failure.Message = "x # SKIP all is well"
	text := string(render(t, "ktap", fold(planned("a"), forged, runEnds(RunEnd{}))))
	if !strings.Contains(text, "not ok 1 a # ERROR broken: x nr SKIP all is well\n") {
		t.Errorf("got:\n%s", text)
	}
}
