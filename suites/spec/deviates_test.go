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
	inOne := Deviation{Since: version("5.10.261"), Before: []nsutil.Version{version("5.10.265")}}
	inMany := Deviation{Since: version("5.8"), Before: []nsutil.Version{version("6.12.117"), version("7.3.4")}}
	for _, row := range []struct {
		d       Deviation
		kernels map[string]bool
	}{
		{inOne, map[string]bool{
			"5.10.260": false, "5.10.261": true, "5.10.264": true, "5.10.265": false,
			"5.10.0": false, "5.11": false, "6.1.262": false, "5.4.262": false,
		}},
		{inMany, map[string]bool{
			"5.7.19": false, "5.8": true, "6.1.192": true, "6.12.116": true, "6.12.117": false, "6.12.118": false,
			"6.13": true, "7.2.13": true, "7.3.3": true, "7.3.4": false, "7.4": false,
		}},
	} {
		for text, want := range row.kernels {
			if got := row.d.of(version(text)); got != want {
				t.Errorf("%v of %s: %v", row.d.Before, text, got)
			}
		}
	}
}
