package nsutil

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Config is a kernel's configuration: options that are set, with their value as it
// is written, "CONFIG_UTS_NS": "y". A nil Config is one that could not be read.
type Config map[string]string

// OptionState says what a [Config] knows of an option.
type OptionState int

// The states of an option.
const (
	OptionUnknown OptionState = iota // there is no configuration to ask
	OptionAbsent                     // the configuration does not set it
	OptionSet                        // the configuration sets it, to "y", "m" or a value
)

// String returns "unknown", "absent" or "set".
func (s OptionState) String() string {
	switch s {
	case OptionAbsent:
		return "absent"
	case OptionSet:
		return "set"
	default:
		return "unknown"
	}
}

// Lookup returns the value of an option, "CONFIG_TIME_NS", and whether it is known.
// The value is empty unless the state is [OptionSet].
func (c Config) Lookup(option string) (string, OptionState) {
	if c == nil {
		return "", OptionUnknown
	}
	value, ok := c[option]
	if !ok {
		return "", OptionAbsent
	}
	return value, OptionSet
}

// LeavesOut reports whether the configuration is known and does not set the option
// that namespaces of the kind need.
func (c Config) LeavesOut(k Kind) bool {
	option := k.Feature().Config()
	_, state := c.Lookup(option)
	return option != "" && state == OptionAbsent
}

// RunningConfig reads the running kernel's configuration from the first of
// /proc/config.gz (CONFIG_IKCONFIG_PROC), /boot/config-RELEASE and
// /lib/modules/RELEASE/config that can be read. When none can, the error says why of
// each, and the nil Config answers [OptionUnknown] to everything.
func RunningConfig() (Config, error) {
	release, err := runningRelease()
	if err != nil {
		return nil, err
	}
	paths := []string{
		"/proc/config.gz",
		"/boot/config-" + release,
		"/lib/modules/" + release + "/config",
	}
	var tried [3]error
	for i, path := range paths {
		c, err := readConfig(path)
		if err == nil {
			return c, nil
		}
		tried[i] = err
	}
	return nil, fmt.Errorf("read the running kernel's configuration: %w; %w; %w", tried[0], tried[1], tried[2])
}

// ReadConfig reads a kernel configuration from a file, plain or compressed with gzip.
func ReadConfig(path string) (Config, error) {
	c, err := readConfig(path)
	if err != nil {
		return nil, fmt.Errorf("read kernel configuration: %w", err)
	}
	return c, nil
}

func readConfig(path string) (Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, err := ParseConfig(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// ParseConfig parses a kernel configuration, plain or compressed with gzip. A
// text that sets nothing is an error: it would make every option look absent.
func ParseConfig(r io.Reader) (Config, error) {
	text, err := plainText(r)
	if err != nil {
		return nil, fmt.Errorf("unpack kernel configuration: %w", err)
	}
	// Some 10000 lines are read where the processor is emulated: one string, one map.
	c := make(Config, bytes.Count(text, []byte("=")))
	for line := range strings.SplitSeq(string(text), "\n") {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "CONFIG_") {
			continue
		}
		if option, value, ok := strings.Cut(line, "="); ok {
			c[option] = value
		}
	}
	if len(c) == 0 {
		return nil, errors.New("parse kernel configuration: no line sets an option")
	}
	return c, nil
}

func plainText(r io.Reader) ([]byte, error) {
	in := bufio.NewReader(r)
	r = in
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		r = unpacked
	}
	text, err := io.ReadAll(io.LimitReader(r, maxProcBytes+1))
	if err == nil && len(text) > maxProcBytes {
		err = fmt.Errorf("more than %d bytes", maxProcBytes)
	}
	return text, err
}
