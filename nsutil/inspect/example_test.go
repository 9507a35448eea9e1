package inspect_test

import (
	"fmt"
	"os"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/nsutil/inspect"
)

// What a container runtime may ask about a container that it has just started.
func Example() {
	machine, err := inspect.Look()
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := machine.Process(os.Getpid()) // the container's first process, rather
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, kind := range []nsutil.Kind{nsutil.PID, nsutil.Mnt, nsutil.Net} {
		if k, _ := report.Of(kind); k.Verdict != inspect.Isolated {
			fmt.Println(k) // "net: shared: links, addresses and ports are the host's"
		}
	}
}
