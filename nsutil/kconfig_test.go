package nsutil

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sampleConfig = `#
# Automatically generated file; DO NOT EDIT.
#
CONFIG_CC_VERSION_TEXT="gcc (Debian 12.2.0-14) 12.2.0 -O2=fast"
CONFIG_UTS_NS=y
CONFIG_NF_CONNTRACK=m
CONFIG_HZ=250
# CONFIG_TIME_NS is not set
`

var sampleOptions = Config{
	"CONFIG_CC_VERSION_TEXT": `"gcc (Debian 12.2.0-14) 12.2.0 -O2=fast"`,
	"CONFIG_UTS_NS":          "y",
	"CONFIG_NF_CONNTRACK":    "m",
	"CONFIG_HZ":              "250",
}

func TestParseConfigPlainAndCompressed(t *testing.T) {
	for name, text := range map[string]string{"plain": sampleConfig, "compressed": compressed(t, sampleConfig)} {
		got, err := ParseConfig(strings.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(sampleOptions, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestParseConfigRefuses(t *testing.T) {
	packed := compressed(t, sampleConfig)
	for name, text := range map[string]string{
		"nothing":             "",
		"a page":              "<html>\nx=y\n</html>\n",
		"only what is unset":  "# CONFIG_TIME_NS is not set\n",
		"a truncated archive": packed[:len(packed)/2],
		"an archive's magic":  packed[:2],
		"a bomb":              compressed(t, strings.Repeat("CONFIG_X=y\n", maxProcBytes/11+1)),
	} {
		if got, err := ParseConfig(strings.NewReader(text)); err == nil {
			t.Errorf("%s gives %d options, want an error", name, len(got))
		}
	}
}

func TestConfigLookup(t *testing.T) {
	type answer struct {
		Value string
		State OptionState
	}
	ask := func(c Config, option string) answer {
		value, state := c.Lookup(option)
		return answer{value, state}
	}
	for _, c := range []struct {
		config Config
		option string
		want   answer
	}{
		{sampleOptions, "CONFIG_UTS_NS", answer{"y", OptionSet}},
		{sampleOptions, "CONFIG_TIME_NS", answer{"", OptionAbsent}},
		{nil, "CONFIG_UTS_NS", answer{"", OptionUnknown}},
	} {
		if got := ask(c.config, c.option); got != c.want {
			t.Errorf("Lookup(%s) = %q, %v, want %q, %v", c.option, got.Value, got.State, c.want.Value, c.want.State)
		}
	}
}

func TestReadConfig(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config-6.1")
	if _, err := ReadConfig(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of no file: %v, want not-exist", err)
	}
	if err := os.WriteFile(path, []byte(sampleConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadConfig(path); err != nil || len(got) != len(sampleOptions) {
		t.Errorf("ReadConfig = %v, %v", got, err)
	}
}

func TestRunningConfig(t *testing.T) {
	c, err := RunningConfig()
	if err != nil {
		if _, state := c.Lookup("CONFIG_NAMESPACES"); state != OptionUnknown || strings.Contains(err.Error(), "\n") {
			t.Errorf("without a configuration an option is %v; the error is %q", state, err)
		}
		t.Skipf("no kernel configuration here: %v", err)
	}
	// Kinds that the configuration sets are there.
	for _, k := range Kinds() {
		option := k.Feature().Config()
		if _, state := c.Lookup(option); state == OptionSet && errors.Is(Supports(k.Feature()), ErrNotSupported) {
			t.Errorf("%s is set, but the kernel has no %s namespaces", option, k)
		}
	}
}

func compressed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
