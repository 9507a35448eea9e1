package nsutil

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/sys/unix"
)

// Each parser must pass on a read that fails, as that of a process that ends
// meanwhile (ESRCH), and must not read without end.
func TestParsersPassOnReadErrors(t *testing.T) {
	parsers := map[string]func(text string, broken error) error{
		"status":         func(text string, err error) error { return second(ParseStatus(reader(text, err))) },
		"uid_map":        func(text string, err error) error { return second(ParseIDMap(reader(text, err))) },
		"sysvipc":        func(text string, err error) error { return second(ParseSysV(reader(text, err))) },
		"timens_offsets": func(text string, err error) error { return second(ParseTimeOffsets(reader(text, err))) },
		"cgroup":         func(text string, err error) error { return second(ParseCgroups(reader(text, err))) },
		"config":         func(text string, err error) error { return second(ParseConfig(reader(text, err))) },
	}
	endless := strings.Repeat("0::/\n", maxProcBytes/5+1)
	for name, parse := range parsers {
		if err := parse("", unix.ESRCH); !errors.Is(err, unix.ESRCH) {
			t.Errorf("%s: %v, want ESRCH", name, err)
		}
		if err := parse(endless, nil); err == nil || !strings.Contains(err.Error(), "than 16777216 bytes") {
			t.Errorf("%s of an endless file: %.200v, want a complaint of its length", name, err)
		}
	}
}

func TestReadersNameTheFile(t *testing.T) {
	err := second(StatusOf(1 << 30))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "/proc/1073741824/status") {
		t.Errorf("StatusOf of no process: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func reader(text string, broken error) io.Reader {
	if broken != nil {
		return iotest.ErrReader(broken)
	}
	return strings.NewReader(text)
}
