package spec

import (
	"testing"

	"github.com/nsconform/nsconform/nsutil"
)

func TestDeviationOfKernels(t *testing.T) {
	version := func(text string) nsutil.Version {
		v, err := nsutil.ParseVersion(text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	d := Deviation{Since: version("5.10.261"), Before: version("5.10.265")}
	for text, want := range map[string]bool{
		"5.10.260": false, "5.10.261": true, "5.10.264": true, "5.10.265": false,
		"5.10.0": false, "5.11": false, "6.1.262": false, "5.4.262": false,
	} {
		if got := d.of(version(text)); got != want {
			t.Errorf("of %s: %v", text, got)
		}
	}
}
