package spec

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestSharesAreAPartition(t *testing.T) {
	for _, of := range []int{0, 1, 2, 3, 7} {
		for place := range 20 {
			owners := 0
			for index := range max(of, 1) {
				if (Share{index, of}).has(place) {
					owners++
				}
			}
			if owners != 1 {
				t.Errorf("spec %d is in %d of %d shares", place, owners, of)
			}
		}
	}
}

func TestSerialSpecsRunAlone(t *testing.T) {
	fd, err := unix.MemfdCreate("turn", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	one, two, three := openTurn(t, fd), openTurn(t, fd), openTurn(t, fd)
	endOne := take(t, one, false)
	endTwo := take(t, two, false) // beside the first

	serial, late := make(chan func()), make(chan func())
	go func() { serial <- take(t, three, true) }()
	expectWaiting(t, serial, "a serial spec beside two others")
	endOne()
	go func() { late <- take(t, one, false) }()
	expectWaiting(t, late, "a spec that came after one which waits to run alone")
	expectWaiting(t, serial, "a serial spec beside another")
	endTwo()
	endSerial := <-serial
	expectWaiting(t, late, "a spec beside a serial one")
	endSerial()
	(<-late)()
}

func openTurn(t *testing.T, fd int) *Turn {
	t.Helper()
	turn, err := OpenTurn(fmt.Sprintf("/proc/self/fd/%d", fd))
	if err != nil {
		t.Fatal(err)
	}
	return turn
}

func take(t *testing.T, turn *Turn, serial bool) func() {
	done, err := turn.take(serial)
	if err != nil {
		t.Error(err)
	}
	return done
}

func expectWaiting(t *testing.T, began <-chan func(), what string) {
	t.Helper()
	select {
	case <-began:
		t.Errorf("%s runs", what)
	case <-time.After(20 * time.Millisecond):
	}
}
