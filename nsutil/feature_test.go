package nsutil

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestEveryFeatureIsDescribed(t *testing.T) {
	names := Features()
	var last Version
	for _, f := range names {
		since := f.Since()
		if since.Compare(last) < 0 {
			t.Errorf("%s, since %v, is listed after one since %v", f, since, last)
		}
		last = since
	}
	for _, k := range Kinds() {
		if !slices.Contains(names, k.Feature()) {
			t.Errorf("%s namespaces are no feature", k)
		}
	}
	slices.Sort(names)
	if unique := slices.Compact(slices.Clone(names)); len(unique) != len(names) {
		t.Errorf("a name appears twice in %q", names)
	}
}

// An upstream feature that the running kernel is old enough to lack may have been
// backported; one that it is new enough to have must be there, or be refused.
func TestSupportsAgreesWithVersion(t *testing.T) {
	running, err := Running()
	if err != nil {
		t.Fatal(err)
	}
	config, _ := RunningConfig()
	for _, f := range Features() {
		err := Supports(f)
		t.Logf("%-24s since %-7v %v", f, f.Since(), err)
		_, state := config.Lookup(f.Config())
		configuredOut := f.Config() != "" && state != OptionSet
		if running.AtLeast(f.Since()) && errors.Is(err, ErrNotSupported) && !configuredOut {
			t.Errorf("%s: %v, but the kernel is %v", f, err, running)
		}
	}
}

func TestKindFeatureAgreesWithProc(t *testing.T) {
	have := ofSelf(t)
	for _, k := range Kinds() {
		_, there := have[k]
		if err := Supports(k.Feature()); (err == nil) != there {
			t.Errorf("Supports(%q) = %v, but its file is there: %v", k.Feature(), err, there)
		}
	}
}

func TestSupportsOfUnknownFeature(t *testing.T) {
	err := Supports("time travel")
	if err == nil || errors.Is(err, ErrNotSupported) {
		t.Errorf("Supports(time travel) = %v, want an error that is no answer", err)
	}
	if since, config := Feature("time travel").Since(), Feature("time travel").Config(); since != (Version{}) || config != "" {
		t.Errorf("time travel is since %v with %q", since, config)
	}
}

func TestNotSupportedErrorSaysWhatIsNeeded(t *testing.T) {
	err := fmt.Errorf("set clock: %w", Time.Feature().notSupported())
	want := "set clock: time namespaces: not supported by this kernel (needs Linux 5.6 with CONFIG_TIME_NS)"
	if err.Error() != want {
		t.Errorf("Error() = %q, want %q", err, want)
	}
	var lacks *NotSupportedError
	if !errors.Is(err, ErrNotSupported) || !errors.As(err, &lacks) {
		t.Fatalf("%v is not a NotSupportedError", err)
	}
	wantFields := NotSupportedError{"time namespaces", Version{5, 6, 0}, "CONFIG_TIME_NS"}
	if diff := cmp.Diff(wantFields, *lacks); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyConclusiveAnswersAreRemembered(t *testing.T) {
	asked := 0
	answers := []error{unix.EPERM, unix.EMFILE, errLacking}
	f := &feature{name: Clone3, probe: func() error {
		asked++
		return answers[asked-1]
	}}
	for _, want := range []error{unix.EPERM, unix.EMFILE, ErrNotSupported, ErrNotSupported} {
		if err := f.supports(); !errors.Is(err, want) {
			t.Errorf("asked %d times: %v, want %v", asked, err, want)
		}
	}
	if asked != 3 {
		t.Errorf("asked %d times, want not again after the third, conclusive answer", asked)
	}
	yes := &feature{probe: func() error { asked++; return nil }}
	if err := errors.Join(yes.supports(), yes.supports()); err != nil || asked != 4 {
		t.Errorf("a feature that is there: %v, asked %d times", err, asked-3)
	}
}

func TestProbesLeaveNothingBehind(t *testing.T) {
	before := traces(t)
	for _, f := range features {
		if err := f.probe(); err != nil {
			t.Logf("%s: %v", f.name, err)
		}
	}
	if diff := cmp.Diff(before, traces(t)); diff != "" {
		t.Errorf("probing leaves behind: %s", diff)
	}
}

type trace struct {
	Descriptors int
	Namespaces  map[Kind]ID
	Children    string
	// Threads are the capabilities and namespaces that the threads have.
	Threads map[string]bool
}

func traces(t *testing.T) trace {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	tr := trace{Descriptors: len(fds), Namespaces: ofSelf(t), Threads: map[string]bool{}}
	tasks, err := filepath.Glob("/proc/self/task/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		s, err := parseFile(task+"/status", ParseStatus)
		if err != nil {
			t.Fatal(err)
		}
		ns, err := os.Readlink(task + "/ns/mnt")
		if err != nil {
			t.Fatal(err)
		}
		tr.Threads[fmt.Sprint(s.CapEff, s.CapPrm, s.UID, ns)] = true
		children, err := os.ReadFile(task + "/children")
		if err != nil {
			t.Fatal(err)
		}
		tr.Children += string(children)
	}
	return tr
}
