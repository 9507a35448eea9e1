package spec

import "testing"

func TestPluginsTellTheNewestProtocolLast(t *testing.T) {
	for said, want := range map[string]string{
		"CNI bridge plugin version unknown\nCNI protocol versions supported: 0.1.0, 0.4.0, 1.0.0\n": "1.0.0",
		"CNI bridge plugin v1.7.1\nCNI protocol versions supported: 1.1.0":                          "1.1.0",
		"bridge: unknown option": "",
	} {
		found := protocols.FindStringSubmatch(said)
		if want == "" && found != nil || want != "" && (found == nil || found[2] != want) {
			t.Errorf("%q: %q, want %q", said, found, want)
		}
	}
}
