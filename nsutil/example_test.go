package nsutil_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

func ExampleKinds() {
	for _, k := range nsutil.Kinds() {
		fmt.Printf("%-6s %-15s %s\n", k, nsutil.FlagString(k.Flag()), k.File(1))
	}
	// Output:
	// cgroup CLONE_NEWCGROUP /proc/1/ns/cgroup
	// ipc    CLONE_NEWIPC    /proc/1/ns/ipc
	// mnt    CLONE_NEWNS     /proc/1/ns/mnt
	// net    CLONE_NEWNET    /proc/1/ns/net
	// pid    CLONE_NEWPID    /proc/1/ns/pid
	// time   CLONE_NEWTIME   /proc/1/ns/time
	// user   CLONE_NEWUSER   /proc/1/ns/user
	// uts    CLONE_NEWUTS    /proc/1/ns/uts
}

func ExampleFlagString() {
	fmt.Println(nsutil.FlagString(unix.CLONE_NEWIPC | unix.CLONE_NEWUTS))
	fmt.Println(nsutil.FlagString(unix.CLONE_NEWUSER | 0x11))
	// Output:
	// CLONE_NEWUTS|CLONE_NEWIPC
	// CLONE_NEWUSER|0x11
}

func ExampleParseLink() {
	kind, inode, err := nsutil.ParseLink("uts:[4026531838]")
	fmt.Println(kind, inode, err)
	// Output: uts 4026531838 <nil>
}

// Whether the calling process is in the namespaces of another one, here itself.
func ExampleOfProcess() {
	mine, err := nsutil.OfProcess(0)
	if err != nil {
		log.Fatal(err)
	}
	theirs, err := nsutil.OfProcess(os.Getpid())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(mine[nsutil.UTS] == theirs[nsutil.UTS])
	// Output: true
}

// The three answers of a probe.
func ExampleSupports() {
	err := nsutil.Supports(nsutil.SetnsPidfd)
	var lacks *nsutil.NotSupportedError
	switch {
	case err == nil:
		fmt.Println("setns takes a pidfd")
	case errors.As(err, &lacks):
		fmt.Println("no: wait for Linux", lacks.Since)
	default:
		fmt.Println("cannot tell:", err)
	}
}

func ExampleVersion_AtLeast() {
	bookworm, err := nsutil.ParseVersion("6.1.0-39-cloud-amd64")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(bookworm, bookworm.AtLeast(nsutil.SetnsPidfd.Since()), bookworm.AtLeast(nsutil.NamespaceID.Since()))
	// Output: 6.1.0 true false
}

func ExampleConfig_Lookup() {
	config, err := nsutil.ParseConfig(strings.NewReader("CONFIG_UTS_NS=y\n# CONFIG_TIME_NS is not set\n"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(config.Lookup("CONFIG_UTS_NS"))
	fmt.Println(config.Lookup("CONFIG_TIME_NS"))
	fmt.Println(nsutil.Config(nil).Lookup("CONFIG_TIME_NS"))
	// Output:
	// y set
	//  absent
	//  unknown
}

func ExampleIDMap() {
	rootless := nsutil.IDMap{
		{Inside: 0, Outside: 1000, Length: 1},
		{Inside: 1, Outside: 100000, Length: 65536},
	}
	fmt.Println(rootless.ToOutside(0))
	fmt.Println(rootless.ToOutside(33))
	fmt.Println(rootless.ToInside(1001))
	fmt.Print(rootless)
	// Output:
	// 1000 true
	// 100032 true
	// 0 false
	// 0 1000 1
	// 1 100000 65536
}

func ExampleTimeOffsets() {
	offsets, err := nsutil.ParseTimeOffsets(strings.NewReader("monotonic -1 500000000\nboottime 172800 0\n"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(offsets.Monotonic, offsets.Boottime)
	// Output: -500ms 48h0m0s
}

// Keep a process's network namespace when the process is gone.
func ExamplePin() {
	cmd := exec.Command("sleep", "1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	if err := cmd.Start(); err != nil {
		log.Fatal(err)
	}
	if err := nsutil.Pin(nsutil.Net.File(cmd.Process.Pid), "/run/lab"); err != nil {
		log.Fatal(err)
	}
	defer func() {
		if err := nsutil.Unpin("/run/lab"); err != nil {
			log.Print(err)
		}
	}()
	if err := cmd.Wait(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(nsutil.IDOf("/run/lab"))
}
