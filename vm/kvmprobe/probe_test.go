package kvmprobe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == ChildArg {
		Child()
	}
	os.Exit(m.Run())
}

func TestProbeAnswersAndRemembers(t *testing.T) {
	if err := openable(); err != nil {
		t.Skip(err)
	}
	cache := t.TempDir()
	first := Probe(t.Context(), os.Args[0], cache)
	t.Log(first)
	if first.Why == "" {
		t.Error("the probe gives no reason")
	}
	if second := Probe(t.Context(), "/nonexistent", cache); second != first {
		t.Errorf("the remembered answer is %v, want %v", second, first)
	}
}

func TestProbeOfABrokenChildIsNotRemembered(t *testing.T) {
	if err := openable(); err != nil {
		t.Skip(err)
	}
	cache := t.TempDir()
	r := Probe(t.Context(), "/nonexistent", cache)
	if r.Usable || !strings.Contains(r.Why, "ended badly") {
		t.Errorf("got %v", r)
	}
	if entries, _ := os.ReadDir(cache); len(entries) != 0 {
		t.Errorf("the cache holds %v", entries)
	}
}

func TestMemoryOfAnotherBootIsIgnored(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "memo.json")
	remember(path, "boot-1 6.1.0", Result{Usable: true, Why: "fast"})
	if _, ok := recall(path, "boot-1 6.1.0"); !ok {
		t.Error("the answer was forgotten")
	}
	if _, ok := recall(path, "boot-2 6.1.0"); ok {
		t.Error("the answer of another boot was taken")
	}
}
