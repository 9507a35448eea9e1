package kernels

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestFetch asks the machine's archive for what NSCONFORM_TEST_FETCH names:
// "debian:bookworm,debian:6.12".
func TestFetch(t *testing.T) {
	names := os.Getenv("NSCONFORM_TEST_FETCH")
	if names == "" {
		t.Skip("NSCONFORM_TEST_FETCH names no kernels")
	}
	for name := range strings.SplitSeq(names, ",") {
		begin := time.Now()
		k, err := Find(t.Context(), name, Options{Progress: func(s string) { t.Log(s) }})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		t.Logf("%s: %+v in %v", name, *k, time.Since(begin))
		if k.Modules == "" || k.Config == "" || k.Release == "" {
			t.Errorf("%s: parts are missing: %+v", name, *k)
		}
	}
}
