// Package kvmprobe finds out whether KVM is worth using. That /dev/kvm opens
// and makes virtual machines proves little: under some nested hypervisors it
// then emulates every instruction, a thousand times slower than hardware. Only
// the speed of a loop tells.
package kvmprobe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ChildArg, as the only argument, asks the program to call [Child].
const ChildArg = "nsconform-kvm-probe"

const (
	device     = "/dev/kvm"
	iterations = 100_000
	// tooSlow is well above what hardware needs for the loop, 0.1 ms, and far
	// below what an emulator needs, 100 ms.
	tooSlow = 10 * time.Millisecond
	limit   = time.Second
)

// Result is what a probe found.
type Result struct {
	Usable bool   `json:"usable"`
	Why    string `json:"why"` // one line, for people
}

// Child runs the probe in this process, prints its [Result] and exits.
func Child() {
	json.NewEncoder(os.Stdout).Encode(measure())
	os.Exit(0)
}

func measure() Result {
	took, err := timeLoop()
	switch {
	case err != nil:
		return Result{Why: fmt.Sprintf("%s does not work: %v", device, err)}
	case took > tooSlow:
		return Result{Why: fmt.Sprintf("%s is too slow: %d iterations of a loop took %v, hardware needs less than 1ms",
			device, iterations, took.Round(100*time.Microsecond))}
	}
	return Result{Usable: true, Why: fmt.Sprintf("%s is fast: %d iterations of a loop took %v",
		device, iterations, took.Round(time.Microsecond))}
}

// Probe says whether KVM is usable. Its speed is measured once for each boot
// and release of the host's kernel and remembered in cacheDir; whether it can
// be opened is looked at each time. The measurement happens in a child process
// which gets one second: exe, called with [ChildArg], must call [Child].
func Probe(ctx context.Context, exe, cacheDir string) Result {
	if err := openable(); err != nil {
		return Result{Why: err.Error()}
	}
	memory := filepath.Join(cacheDir, "kvm-probe.json")
	key := hostKey()
	if r, ok := recall(memory, key); ok {
		return r
	}
	r, final := measureInChild(ctx, exe)
	if final {
		remember(memory, key, r)
	}
	return r
}

func openable() error {
	fd, err := unix.Open(device, unix.O_RDWR|unix.O_CLOEXEC, 0)
	switch {
	case errors.Is(err, unix.ENOENT):
		return errors.New(device + " does not exist: no KVM on this machine")
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return errors.New(device + " may not be opened: join the group kvm, or run as root")
	case err != nil:
		return fmt.Errorf("open %s: %w", device, err)
	}
	return unix.Close(fd)
}

// measureInChild's second result is false when the answer came of a
// circumstance that may pass.
func measureInChild(ctx context.Context, exe string) (Result, bool) {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(limited, exe, ChildArg)
	cmd.Stdout = &out
	cmd.WaitDelay = limit
	err := cmd.Run()
	if ctx.Err() != nil {
		return Result{Why: "the probe of " + device + " was interrupted"}, false
	}
	if limited.Err() != nil {
		return Result{Why: fmt.Sprintf("%s is too slow: %d iterations of a loop took more than %v", device, iterations, limit)}, true
	}
	var r Result
	if jsonErr := json.Unmarshal(out.Bytes(), &r); err != nil || jsonErr != nil {
		return Result{Why: fmt.Sprintf("the probe of %s ended badly: %v", device, errors.Join(err, jsonErr))}, false
	}
	return r, true
}

// memo is the remembered answer.
type memo struct {
	Host   string `json:"host"`
	Result Result `json:"result"`
}

func hostKey() string {
	bootID, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return strings.TrimSpace(string(bootID)) + " " + strings.TrimSpace(string(release))
}

func recall(path, key string) (Result, bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Result{}, false
	}
	var m memo
	if json.Unmarshal(data, &m) != nil || m.Host != key {
		return Result{}, false
	}
	return m.Result, true
}

// remember does without the memory where it cannot be written: the probe is
// merely repeated next time.
func remember(path, key string, r Result) {
	data, err := json.Marshal(memo{Host: key, Result: r})
	if err != nil || os.MkdirAll(filepath.Dir(path), 0o755) != nil {
		return
	}
	tmp := fmt.Sprintf("%s.%d", path, os.Getpid())
	if os.WriteFile(tmp, data, 0o644) != nil || os.Rename(tmp, path) != nil {
		os.Remove(tmp)
	}
}
