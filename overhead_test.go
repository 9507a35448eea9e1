package main

import (
	"context"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites"
	"github.com/nsconform/nsconform/suites/spec"
	"github.com/nsconform/nsconform/vm"
	"github.com/nsconform/nsconform/vm/initramfs"
	"github.com/nsconform/nsconform/vm/kernels"
	"golang.org/x/sys/unix"
)

// TestOverhead compares what a run of one spec takes, of the command and in a
// restored machine, with a plain boot of the same kernel with an init that powers
// off: the three in turn, NSCONFORM_OVERHEAD times.
func TestOverhead(t *testing.T) {
	rounds, _ := strconv.Atoi(os.Getenv("NSCONFORM_OVERHEAD"))
	if rounds < 1 {
		t.Skip("see make overhead")
	}
	const name = "uts-sethostname-efault"
	kernel, err := kernels.Find(t.Context(), "", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	accelerator, why, err := vm.ChooseAccelerator(t.Context(), vm.TCG, runtime.GOARCH)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s, %s (%s), %d rounds", kernel.Release, accelerator, why, rounds)
	self := filepath.Join(t.TempDir(), "nsconform")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s", "-o", self, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	execute(t, build)
	restored := restoredSpec(t, kernel, accelerator, self, name)
	archive := poweringOff(t)
	plain := func() {
		execute(t, exec.Command("qemu-system-x86_64", "-M", "q35", "-nographic", "-m", "1G", "-accel", string(accelerator),
			"-kernel", kernel.Image, "-initrd", archive, "-append", "console=ttyS0 panic=-1"))
	}
	cold := func() {
		execute(t, exec.Command(self, "test", "--accel", string(accelerator), "--kernel", kernel.Image, name))
	}
	var took, worked [3][]float64
	for range rounds {
		for i, what := range []func(){plain, cold, restored} {
			begin, before := time.Now(), processorSeconds()
			what()
			took[i] = append(took[i], time.Since(begin).Seconds())
			worked[i] = append(worked[i], processorSeconds()-before)
		}
	}
	for i, row := range []struct {
		name string
		most float64
	}{{"a plain boot", 1}, {"a spec, cold", 0.7}, {"a spec, from snapshot", 0.25}} {
		ratio := median(took[i]) / median(took[0])
		t.Logf("%-21s %5.2f s, ratio %.2f; of a processor %5.2f s, ratio %.2f", row.name,
			median(took[i]), ratio, median(worked[i]), median(worked[i])/median(worked[0]))
		if ratio > row.most {
			t.Errorf("%s takes %.2f of a plain boot, more than %.2f", row.name, ratio, row.most)
		}
	}
}

// processorSeconds is what this process and those that it has waited for have used,
// which says more than the time where the machine is busy.
func processorSeconds() (seconds float64) {
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var usage unix.Rusage
		if unix.Getrusage(who, &usage) == nil {
			seconds += float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
		}
	}
	return seconds
}

func execute(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
}

func median(seconds []float64) float64 { return slices.Sorted(slices.Values(seconds))[len(seconds)/2] }

// restoredSpec saves a machine and returns what runs one requirement's specs in a
// copy of it.
func restoredSpec(t *testing.T, kernel *kernels.Kernel, accelerator vm.Accelerator, self, name string) func() {
	t.Helper()
	selection, err := suites.Select(name)
	if err != nil {
		t.Fatal(err)
	}
	plan := selection.Plan()
	snapshot, err := vm.Save(t.Context(), vm.Config{Kernel: kernel, Init: self, Accelerator: accelerator, Short: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(snapshot.Close)
	j := job{Filter: selection.Filter(), Containers: suites.Containers(plan), Gates: suites.Gates(plan), Seed: 1, Chance: spec.Chance, Slowdown: 4}
	return func() {
		passed := 0
		o, err := snapshot.Run(context.Background(), vm.Job{Args: j.args(), Record: func(line []byte) {
			if e, err := reports.ParseEvent(line); err == nil && e.Result != nil && e.Result.Verdict == reports.Pass {
				passed++
			}
		}})
		if err != nil || o.How != vm.Finished || !o.Boot.Restored || passed != len(plan) {
			t.Fatalf("%d of %d passed: %+v, %v", passed, len(plan), o, err)
		}
	}
}

// poweringOff writes an initramfs with an init that only powers off (reboot(2)).
func poweringOff(t *testing.T) string {
	t.Helper()
	code := []byte{
		0xb8, 0xa9, 0, 0, 0, // mov eax, SYS_REBOOT
		0xbf, 0xad, 0xde, 0xe1, 0xfe, // mov edi, LINUX_REBOOT_MAGIC1
		0xbe, 0x69, 0x19, 0x12, 0x28, // mov esi, LINUX_REBOOT_MAGIC2
		0xba, 0xdc, 0xfe, 0x21, 0x43, // mov edx, LINUX_REBOOT_CMD_POWER_OFF
		0x0f, 0x05, // syscall
	}
	const base, headers = 0x400000, 64 + 56 // elf(5): the file's header and one of a segment
	image := []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	for _, field := range []any{
		uint16(2), uint16(62), uint32(1), uint64(base + headers), uint64(64), uint64(0),
		uint32(0), uint16(64), uint16(56), uint16(1), uint16(64), uint16(0), uint16(0),
		uint32(1), uint32(5), uint64(0), uint64(base), uint64(base),
		uint64(headers + len(code)), uint64(headers + len(code)), uint64(0x1000),
	} {
		image, _ = binary.Append(image, binary.LittleEndian, field)
	}
	a := &initramfs.Archive{}
	a.Content("init", append(image, code...), 0o755)
	a.Dir("dev")
	a.CharDevice("dev/console", 5, 1, 0o600)
	f, err := os.Create(filepath.Join(t.TempDir(), "initramfs"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := a.Write(f); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}
