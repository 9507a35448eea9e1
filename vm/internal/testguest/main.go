// Command testguest is a guest for the tests of vm: as PID 1 it is an
// ordinary guest, as the job it misbehaves as told.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nsconform/nsconform/vm/guest"
	"golang.org/x/sys/unix"
)

func main() {
	if guest.IsInit() {
		guest.Init()
	}
	guest.AwaitOrder()
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "testguest: want a misbehaviour")
		os.Exit(2)
	}
	records := os.NewFile(guest.RecordsFD, "records")
	argument := ""
	if len(os.Args) > 2 {
		argument = os.Args[2]
	}
	misbehave(os.Args[1], argument, records)
}

func misbehave(how, argument string, records *os.File) {
	number, _ := strconv.Atoi(argument)
	switch how {
	case "records":
		out := bufio.NewWriter(records)
		for i := range number {
			fmt.Fprintf(out, `{"n":%d,"pad":%q}`+"\n", i, strings.Repeat("x", i%200))
		}
		out.Flush()
	case "describe":
		describe(records)
	case "fresh":
		fresh(records, argument)
	case "clock": // before and after so many milliseconds of work
		_, monotonic := clocks()
		fmt.Fprintf(records, `{"monotonic":%d}`+"\n", monotonic)
		for begin := time.Now(); time.Since(begin) < time.Duration(number)*time.Millisecond; {
			continue
		}
		_, monotonic = clocks()
		fmt.Fprintf(records, `{"monotonic":%d}`+"\n", monotonic)
	case "print":
		content, _ := os.ReadFile(argument)
		info, err := os.Stat(argument)
		fmt.Print(string(content), info.Mode(), err)
	case "exit":
		fmt.Println("on stdout")
		fmt.Fprintln(os.Stderr, "on stderr")
		os.Exit(number)
	case "signal":
		unix.Kill(os.Getpid(), unix.Signal(number))
		time.Sleep(time.Minute)
	case "panic":
		fmt.Fprintln(records, `{"before":"panic"}`)
		time.Sleep(200 * time.Millisecond)
		guest.MarkSpecBegins("net/" + argument)
		os.WriteFile("/proc/sysrq-trigger", []byte("c"), 0)
	case "hang":
		fmt.Fprintln(records, `{"before":"hang"}`)
		time.Sleep(time.Hour)
	case "poweroff":
		unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	case "say":
		fmt.Fprintln(records, `{"before":"say"}`)
		guest.MarkSpecBegins("uts/one")
		guest.KernelMarker("nothing")
		kmsg(argument)
		guest.MarkSpecsEnd()
	default:
		misbehaveMore(how, argument, number, records)
	}
}

func misbehaveMore(how, argument string, number int, records *os.File) {
	switch how {
	case "garbage": // on every port that can be had, and as records
		quick, _ := filepath.Glob("/dev/vport*")
		for _, port := range append(quick, guest.SerialPort) {
			if f, err := os.OpenFile(port, os.O_WRONLY|unix.O_NOCTTY, 0); err == nil {
				io.CopyN(f, zeros{}, int64(number))
				f.Close()
			}
		}
		fmt.Fprintln(records, "not json")
		fmt.Fprintln(records, `{"a":`)
		fmt.Fprintln(records, strings.Repeat("x", 3<<20))
		fmt.Fprintln(records, `{"after":"garbage"}`)
	case "console": // floods it
		f, _ := os.OpenFile(guest.Console, os.O_WRONLY|unix.O_NOCTTY, 0)
		io.CopyN(f, zeros{}, int64(number))
		fmt.Fprintln(records, `{"after":"console"}`)
	case "orphan": // leaves processes that hold every pipe
		cmd := exec.Command("/proc/self/exe", "hang")
		cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = os.Stdout, os.Stderr, []*os.File{records}
		if err := cmd.Start(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		time.Sleep(100 * time.Millisecond)
	case "cost":
		cost(records, number)
	case "early": // closes its records long before it ends
		fmt.Fprintln(records, `{"before":"close"}`)
		records.Close()
		time.Sleep(300 * time.Millisecond)
		os.Exit(7)
	case "output":
		os.Stdout.WriteString(strings.Repeat("o", number))
		fmt.Println("the end")
	default:
		fmt.Fprintf(os.Stderr, "testguest: unknown misbehaviour %q\n", how)
		os.Exit(2)
	}
}

// zeros is an endless file of newline-less garbage.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'z'
	}
	return len(p), nil
}

func kmsg(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		if f, err := os.OpenFile("/dev/kmsg", os.O_WRONLY, 0); err == nil {
			f.WriteString("<3>" + line)
			f.Close()
		}
	}
}

// describe records what a guest looks like from inside.
func describe(records *os.File) {
	mounts, _ := os.ReadFile("/proc/mounts")
	modules, _ := os.ReadFile("/proc/modules")
	clock, _ := os.ReadFile("/sys/devices/system/clocksource/clocksource0/current_clocksource")
	loopback, _ := os.ReadFile("/sys/class/net/lo/operstate")
	cmdline, _ := os.ReadFile("/proc/cmdline")
	fmt.Fprintf(records, `{"pid":%d,"ppid":%d,"year":%d,"clock":%q,"mounts":%q,"modules":%q,"lo":%q,"cmdline":%q,"env":%q}`+"\n",
		os.Getpid(), os.Getppid(), time.Now().Year(), clock, mounts, modules, loopback, cmdline, os.Getenv("TEST_ENV"))
}

// fresh records what no two machines may have in common, and the clocks before
// and after a sleep.
func fresh(records *os.File, name string) {
	random := make([]byte, 16)
	unix.Getrandom(random, 0)
	wall, monotonic := clocks()
	time.Sleep(50 * time.Millisecond)
	laterWall, laterMonotonic := clocks()
	fmt.Fprintf(records, `{"name":%q,"random":"%x","wall":%d,"monotonic":%d,"slept_wall":%d,"slept_monotonic":%d}`+"\n",
		name, random, wall, monotonic, laterWall-wall, laterMonotonic-monotonic)
}

// clocks returns CLOCK_REALTIME and CLOCK_MONOTONIC, in nanoseconds.
func clocks() (wall, monotonic int64) {
	var real, mono unix.Timespec
	unix.ClockGettime(unix.CLOCK_REALTIME, &real)
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &mono)
	return real.Nano(), mono.Nano()
}
