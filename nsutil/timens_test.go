package nsutil

import (
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestParseTimeOffsets(t *testing.T) {
	for text, want := range map[string]TimeOffsets{
		"monotonic           0         0\nboottime            0         0\n": {},
		"monotonic      172800         5\nboottime      604800         0\n":  {172800*time.Second + 5, 604800 * time.Second},
		"monotonic          -1 500000000\nboottime          -2         0\n":  {-time.Second / 2, -2 * time.Second},
		"boottime 1 0\nmonotonic 2 0\n":                                      {2 * time.Second, time.Second},
		"1 10 0\n7 20 0\n":                                                   {10 * time.Second, 20 * time.Second},
	} {
		if got, err := ParseTimeOffsets(strings.NewReader(text)); err != nil || got != want {
			t.Errorf("ParseTimeOffsets(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
	const boottime = "boottime 0 0\n"
	for _, text := range []string{
		"", boottime, "monotonic 0 0\n", "monotonic 0 0\nboottime 0 0", boottime + boottime, boottime + "7 0 0\n",
		boottime + "monotonic 0\n", boottime + "monotonic 0 0 0\n", boottime + "realtime 0 0\n",
		boottime + "monotonic x 0\n", boottime + "monotonic 0 -1\n", boottime + "monotonic 0 1000000000\n",
		boottime + "monotonic 9223372036 999999999\n", boottime + "monotonic -9223372036854775808 0\n",
		boottime + "monotonic 9223372036854775808 0\n", boottime + "monotonic 0 0\n\n",
	} {
		if got, err := ParseTimeOffsets(strings.NewReader(text)); err == nil {
			t.Errorf("ParseTimeOffsets(%q) = %+v, want an error", text, got)
		}
	}
}

func TestTimeOffsetsAreWrittenAsTheyAreRead(t *testing.T) {
	for _, o := range []TimeOffsets{
		{},
		{Monotonic: -1, Boottime: 1},
		{Monotonic: -1500 * time.Millisecond, Boottime: time.Hour},
		{Monotonic: -time.Second, Boottime: math.MaxInt64 - 2*time.Second},
	} {
		if got, err := ParseTimeOffsets(strings.NewReader(o.String())); err != nil || got != o {
			t.Errorf("%+v is written as %q and read as %+v, %v", o, o.String(), got, err)
		}
	}
	if _, err := (TimeOffsets{}).WriteTo(brokenWriter{}); err == nil {
		t.Error("WriteTo succeeds on a writer that refuses")
	}
}

func FuzzParseTimeOffsets(f *testing.F) {
	f.Add("monotonic -1 500000000\nboottime 0 0\n")
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ParseTimeOffsets(strings.NewReader(text))
		if err != nil {
			return
		}
		if again, err := ParseTimeOffsets(strings.NewReader(o.String())); err != nil || again != o {
			t.Errorf("%q is %+v, then %+v, %v", text, o, again, err)
		}
	})
}

func TestTimeOffsetsOf(t *testing.T) {
	needRoot(t, "it creates a time namespace")
	if err := Supports(Time.Feature()); err != nil {
		t.Skip(err)
	}
	want := TimeOffsets{Monotonic: -500 * time.Millisecond, Boottime: time.Hour}
	var got TimeOffsets
	done := make(chan error)
	go func() {
		// The thread ends with this goroutine, and the namespace with it.
		runtime.LockOSThread()
		done <- func() error {
			if err := unix.Unshare(unix.CLONE_NEWTIME); err != nil {
				return err
			}
			f, err := os.OpenFile(procPath(unix.Gettid(), "timens_offsets"), os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			if _, err := want.WriteTo(f); err != nil {
				return err
			}
			got, err = TimeOffsetsOf(unix.Gettid())
			return err
		}()
	}()
	if err := <-done; err != nil || got != want {
		t.Errorf("offsets are %+v, %v, want %+v", got, err, want)
	}
}
