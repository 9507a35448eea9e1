package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the command as a user does: the static binary, from a shell.
func TestScripts(t *testing.T) {
	bin := t.TempDir()
	if err := build(runtime.GOARCH, filepath.Join(bin, "nsconform")); err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+":"+os.Getenv("PATH"))
			env.Setenv("BIN", bin)
			env.Setenv("NSCONFORM_CACHE", filepath.Join(cache, "nsconform"))
			return nil
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "root":
				return os.Getuid() == 0, nil
			case "userns": // for somebody who is not root
				return exec.Command("setpriv", "--reuid=60042", "--regid=60042", "--clear-groups",
					"unshare", "--user", "--map-root-user", "--net", "true").Run() == nil, nil
			case "slowkvm":
				return exec.Command(filepath.Join(bin, "nsconform"), "test", "--accel=kvm", "--self-test=pass").Run() != nil, nil
			case "qemu":
				_, err := exec.LookPath("qemu-system-x86_64")
				return err == nil, nil
			case "qemu-arm64":
				_, err := exec.LookPath("qemu-system-aarch64")
				return err == nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status,
			"alone":  alone,
			"build":  buildCommand,
		},
	})
}

func build(arch, path string) error {
	build := exec.Command("go", "build", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+arch)
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
}

// buildCommand builds the program for an architecture: build arm64 path
func buildCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: build architecture path")
	}
	ts.Check(build(args[0], ts.MkAbs(args[1])))
}

var runsHere sync.Mutex

// alone waits for the other scripts that run specs on this machine: there can be
// but one run at a time.
func alone(ts *testscript.TestScript, _ bool, _ []string) {
	runsHere.Lock()
	ts.Defer(runsHere.Unlock)
}

// status runs a command and checks its exit status: status 4 nsconform test ...
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command [argument...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if exit, ok := err.(*exec.ExitError); ok {
		got = fmt.Sprint(exit.ExitCode())
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}
