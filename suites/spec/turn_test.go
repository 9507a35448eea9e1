package spec

import (
	"fmt"
	"testing"
	"time"
)

func TestSerialSpecsAndTheirLabels(t *testing.T) {
	one, two, three := threeTurns(t)
	endOne := take(t, one, false, "net", "uts")
	endTwo := take(t, two, false, "uts") // beside the first
	endThree := take(t, three, true, "pid")
	endThree() // a serial spec beside two that have none of its labels

	serial, late, quiet := make(chan func()), make(chan func()), make(chan func())
	go func() { serial <- take(t, three, true, "pid", "uts") }()
	expectWaiting(t, serial, "a serial spec beside two with a label of its")
	endOne()
	go func() { late <- take(t, one, false, "uts") }()
	expectWaiting(t, late, "a spec that came after a serial one which waits")
	expectWaiting(t, serial, "a serial spec beside one with a label of its")
	endTwo()
	endSerial := <-serial
	expectWaiting(t, late, "a spec beside a serial one with its label")
	go func() { quiet <- two.quiet() }()
	expectWaiting(t, quiet, "who wants quiet")
	endSerial()
	(<-late)()
	(<-quiet)()
}

func threeTurns(t *testing.T) (one, two, three *Turn) {
	t.Helper()
	file, err := NewTurn()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	var turns [3]*Turn
	for i := range turns {
		if turns[i], err = OpenTurn(fmt.Sprintf("/proc/self/fd/%d", file.Fd())); err != nil {
			t.Fatal(err)
		}
	}
	return turns[0], turns[1], turns[2]
}

func take(t *testing.T, turn *Turn, serial bool, labels ...string) func() {
	done, err := turn.take(serial, labels)
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
