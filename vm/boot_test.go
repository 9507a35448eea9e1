package vm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/vm/kernels"
	"github.com/nsconform/nsconform/vm/kvmprobe"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == kvmprobe.ChildArg {
		kvmprobe.Child()
	}
	if os.Getenv(victimEnv) != "" {
		bootAndWait()
	}
	if os.Getenv(floodEnv) != "" {
		flood()
	}
	code := m.Run()
	if testInit.dir != "" {
		os.RemoveAll(testInit.dir)
	}
	os.Exit(code)
}

var testInit struct {
	sync.Once
	dir string
	err error
}

// buildInit builds the test guest once.
func buildInit(t testing.TB) string {
	t.Helper()
	testInit.Do(func() {
		if testInit.dir, testInit.err = os.MkdirTemp("", "nsconform-test-"); testInit.err != nil {
			return
		}
		cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", filepath.Join(testInit.dir, "init"), "./internal/testguest")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+testArch())
		if out, err := cmd.CombinedOutput(); err != nil {
			testInit.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if testInit.err != nil {
		t.Fatal(testInit.err)
	}
	return filepath.Join(testInit.dir, "init")
}

func testArch() string { return kernels.ArchOf(os.Getenv("NSCONFORM_TEST_KERNEL")) }

// testKernel is NSCONFORM_TEST_KERNEL's kernel, or the default one.
func testKernel(t testing.TB) *kernels.Kernel {
	t.Helper()
	if testing.Short() {
		t.Skip("boots machines: not with -short")
	}
	if _, err := qemuPath(testArch()); err != nil {
		t.Skip(err)
	}
	k, err := kernels.Find(t.Context(), os.Getenv("NSCONFORM_TEST_KERNEL"), kernels.Options{Progress: func(s string) { t.Log(s) }})
	if err != nil {
		t.Skipf("no kernel to boot: %v", err)
	}
	return k
}

// guestRun is what a test sees of a machine.
type guestRun struct {
	*Outcome
	records    []string
	complaints []reports.Complaint
	console    bytes.Buffer
	boots      int
}

func boot(t testing.TB, change func(*Config, *Job), args ...string) *guestRun {
	t.Helper()
	r := &guestRun{}
	c := Config{Kernel: testKernel(t), Init: buildInit(t), Accelerator: TCG}
	j := Job{
		Args:      args,
		Console:   &r.console,
		Booted:    func(Boot) { r.boots++ },
		Record:    func(line []byte) { r.records = append(r.records, string(line)) },
		Complaint: func(c reports.Complaint) { r.complaints = append(r.complaints, c) },
	}
	if change != nil {
		change(&c, &j)
	}
	var err error
	if r.Outcome, err = Run(t.Context(), c, j); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *guestRun) want(t testing.TB, how How, why string) {
	t.Helper()
	if r.How != how || !strings.Contains(r.Why, why) {
		t.Fatalf("got %s: %s; want %s: ...%s...\n%s\nconsole:\n%s", r.How, r.Why, how, why, r.QEMUErrors, strings.Join(r.ConsoleTail, "\n"))
	}
}

func TestRecordsComeOut(t *testing.T) {
	for _, tt := range []struct {
		name    string
		modules []string
		port    string
	}{
		{"serial or built-in virtio", nil, ""},
		{"virtio", []string{"virtio_pci", "virtio_console", "no_such_module"}, "/dev/vport"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := boot(t, func(c *Config, _ *Job) { c.Modules = tt.modules }, "records", "2000")
			r.want(t, Finished, "exited with 0")
			if len(r.records) != 2000 || r.Records != 2000 || r.Dropped != 0 || r.boots != 1 {
				t.Errorf("%d records came, %d said, %d dropped, %d boots", len(r.records), r.Records, r.Dropped, r.boots)
			}
			for i, line := range r.records {
				var record struct{ N int }
				if json.Unmarshal([]byte(line), &record) != nil || record.N != i {
					t.Fatalf("record %d is %s", i, line)
				}
			}
			if !strings.HasPrefix(r.Boot.Port, tt.port) {
				t.Errorf("came through %s, want %s", r.Boot.Port, tt.port)
			}
			if len(r.complaints) != 0 || r.Garbage != 0 {
				t.Errorf("complaints %v, %d bytes of garbage", r.complaints, r.Garbage)
			}
			t.Logf("%+v", r.Boot)
		})
	}
}

func TestGuestIsAUsableSystem(t *testing.T) {
	r := boot(t, func(c *Config, j *Job) {
		c.Modules = []string{"veth", "overlay", "dummy"}
		j.Env = []string{"TEST_ENV=here"}
	}, "describe")
	r.want(t, Finished, "exited with 0")
	if len(r.records) != 1 {
		t.Fatalf("got %d records: %s", len(r.records), r.Output)
	}
	var seen struct {
		PID, PPID, Year                          int
		Clock, Mounts, Modules, Lo, Cmdline, Env string
	}
	if err := json.Unmarshal([]byte(r.records[0]), &seen); err != nil {
		t.Fatal(err)
	}
	if seen.PID == 1 || seen.PPID != 1 || seen.Year != time.Now().Year() || seen.Env != "here" {
		t.Errorf("%+v", seen)
	}
	if clock := strings.TrimSpace(seen.Clock); !slices.Contains([]string{"tsc", "tsc-early", "arch_sys_counter"}, clock) {
		t.Errorf("the clocksource is %s", seen.Clock)
	}
	for _, at := range []string{"/proc ", "/sys ", "/dev ", "/dev/pts ", "/dev/shm ", "/run ", "/tmp ", "/sys/fs/cgroup "} {
		if !strings.Contains(seen.Mounts, " "+at) {
			t.Errorf("nothing is mounted on %s", at)
		}
	}
	for _, module := range []string{"veth ", "overlay ", "dummy "} {
		if !strings.Contains(seen.Modules, module) {
			t.Errorf("module %s is not loaded: %s (%v)", module, seen.Modules, r.Boot.Problems)
		}
	}
	if strings.Contains(seen.Cmdline, "describe") {
		t.Errorf("the job is in the kernel's command line: %s", seen.Cmdline)
	}
	if len(r.Boot.Problems) != 0 || len(r.Boot.Unknown) != 0 {
		t.Errorf("problems %v, unknown modules %v", r.Boot.Problems, r.Boot.Unknown)
	}
}

func TestEndsOfAJob(t *testing.T) {
	t.Run("exit", func(t *testing.T) {
		r := boot(t, nil, "exit", "3")
		r.want(t, Finished, "exited with 3")
		if r.ExitCode != 3 || r.Output != "on stdout\non stderr\n" {
			t.Errorf("exit code %d, output %q", r.ExitCode, r.Output)
		}
	})
	t.Run("signal", func(t *testing.T) {
		r := boot(t, nil, "signal", "9")
		r.want(t, Finished, "signal 9")
		if r.ExitCode != -1 || r.Signal != 9 {
			t.Errorf("exit code %d, signal %d", r.ExitCode, r.Signal)
		}
	})
	t.Run("records closed early", func(t *testing.T) {
		r := boot(t, nil, "early")
		r.want(t, Finished, "exited with 7")
		if len(r.records) != 1 {
			t.Errorf("got %q", r.records)
		}
	})
	t.Run("orphans hold the pipes", func(t *testing.T) {
		r := boot(t, nil, "orphan")
		r.want(t, Finished, "exited with 0")
	})
	t.Run("much output", func(t *testing.T) {
		r := boot(t, nil, "output", "3000000")
		r.want(t, Finished, "exited with 0")
		if len(r.Output) > 64<<10 || !strings.HasSuffix(r.Output, "oothe end\n") {
			t.Errorf("kept %d bytes", len(r.Output))
		}
	})
}

func TestGarbageHarmsNothing(t *testing.T) {
	for _, modules := range [][]string{nil, {"virtio_pci", "virtio_console"}} {
		r := boot(t, func(c *Config, _ *Job) { c.Modules = modules }, "garbage", "300000")
		r.want(t, Finished, "exited with 0")
		if len(r.records) != 1 || r.Dropped != 3 {
			t.Errorf("got %.200q, %d dropped", r.records, r.Dropped)
		}
		if r.Garbage < 290_000 {
			t.Errorf("only %d bytes of garbage", r.Garbage)
		}
	}
}

func TestConsoleFloodHarmsNothing(t *testing.T) {
	r := boot(t, nil, "console", "300000")
	r.want(t, Finished, "exited with 0")
	if len(r.records) != 1 || r.console.Len() < 300_000 {
		t.Errorf("got %q, %d bytes of console", r.records, r.console.Len())
	}
}

func TestPanicIsACrash(t *testing.T) {
	r := boot(t, nil, "panic", "veth")
	r.want(t, GuestCrashed, "Kernel panic - not syncing: sysrq triggered crash")
	if len(r.records) != 1 {
		t.Errorf("got records %q", r.records)
	}
	if len(r.complaints) != 1 || r.complaints[0].Kind != "panic" || r.complaints[0].Spec != "net/veth" || !r.complaints[0].Fatal {
		t.Errorf("got %+v", r.complaints)
	}
}

func TestPowerOffBeforeTheLastRecordIsACrash(t *testing.T) {
	boot(t, nil, "poweroff").want(t, GuestCrashed, "before its last record")
}

func TestComplaintsAreAttributed(t *testing.T) {
	r := boot(t, nil, "say", "WARNING: CPU: 0 PID: 1 at net/core/dev.c:1 f+0x1/0x2\nCall Trace:\n---[ end trace 0 ]---")
	r.want(t, Finished, "exited with 0")
	if len(r.complaints) != 1 || r.complaints[0].Kind != "WARNING" || r.complaints[0].Spec != "uts/one" || len(r.complaints[0].Lines) != 3 {
		t.Errorf("got %+v\n%s", r.complaints, strings.Join(r.ConsoleTail, "\n"))
	}
}

// TestExactBootsAreTheSame boots twice, the second time while the host is busy.
func TestExactBootsAreTheSame(t *testing.T) {
	if !architectures[testArch()].exact {
		t.Skip("no exact machines of " + testArch())
	}
	exact := func(c *Config, _ *Job) { c.Exact, c.Modules = true, []string{"virtio_pci", "virtio_console"} }
	first := boot(t, exact, "cost", "50")
	first.want(t, Finished, "exited with 0")
	if len(first.records) != 5 || !first.Boot.VM.Exact {
		t.Fatalf("got %d records, %+v", len(first.records), first.Boot.VM)
	}
	defer keepBusy(t)()
	second := boot(t, exact, "cost", "50")
	second.want(t, Finished, "exited with 0")
	if diff := cmp.Diff(first.records, second.records); diff != "" {
		t.Errorf("two boots differ: %s", diff)
	}
	t.Logf("booted in %.1f s and, busy, %.1f s", first.Boot.VM.BootSeconds, second.Boot.VM.BootSeconds)
}

// keepBusy keeps a processor busy until it is stopped.
func keepBusy(t testing.TB) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
		}
	}()
	return func() { cancel(); <-ended }
}

func TestNoExactMachine(t *testing.T) {
	for _, c := range []Config{
		{Exact: true, Accelerator: KVM},
		{Exact: true, CPUs: 2},
		{Exact: true, Kernel: &kernels.Kernel{Name: "debian:trixie/arm64", Arch: kernels.ARM64}},
	} {
		if _, err := Run(t.Context(), c, Job{}); err == nil || !strings.Contains(err.Error(), "exact machine") {
			t.Errorf("%+v: got %v", c, err)
		}
	}
	if _, err := Save(t.Context(), Config{Exact: true}); err == nil {
		t.Error("an exact machine is saved")
	}
}

func TestSilenceIsAHang(t *testing.T) {
	r := boot(t, func(_ *Config, j *Job) { j.SilenceDeadline = 500 * time.Millisecond }, "hang")
	r.want(t, Hung, "no record came for 2s")
	if len(r.records) != 1 {
		t.Errorf("got %q", r.records)
	}
}

func TestNeverBooted(t *testing.T) {
	t.Run("too slow", func(t *testing.T) {
		boot(t, func(c *Config, _ *Job) { c.BootDeadline = 50 * time.Millisecond }, "hang").want(t, NeverBooted, "not ready within 200ms")
	})
	t.Run("init is no program", func(t *testing.T) {
		init := filepath.Join(t.TempDir(), "init")
		if err := os.WriteFile(init, []byte("not a program"), 0o755); err != nil {
			t.Fatal(err)
		}
		boot(t, func(c *Config, _ *Job) { c.Init = init }, "hang").want(t, NeverBooted, "Kernel panic")
	})
}

func TestQEMUFailureIsTold(t *testing.T) {
	r := boot(t, func(c *Config, _ *Job) { c.CPUs = 100000 }, "hang")
	r.want(t, QEMUDied, "100000")
}

func TestCancelLeavesNothing(t *testing.T) {
	before := descriptors(t)
	ctx, cancel := context.WithCancel(t.Context())
	c := Config{Kernel: testKernel(t), Init: buildInit(t), Accelerator: TCG}
	j := Job{Args: []string{"hang"}, Record: func([]byte) { cancel() }}
	begin := time.Now()
	o, err := Run(ctx, c, j)
	if err != nil || o.How != Cancelled {
		t.Fatalf("got %+v, %v", o, err)
	}
	t.Log(time.Since(begin))
	if after := descriptors(t); after > before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
	if out, err := exec.Command("pgrep", "-P", fmt.Sprint(os.Getpid()), "qemu").Output(); err == nil {
		t.Errorf("QEMU still runs: %s", out)
	}
}

// victimEnv makes the test program a victim, see [bootAndWait].
const victimEnv = "NSCONFORM_TEST_VICTIM"

// bootAndWait boots the kernel and init named in the environment, prints
// QEMU's process ID when the guest runs, and waits for its own end.
func bootAndWait() {
	k := &kernels.Kernel{Arch: kernels.ArchOf(os.Getenv(victimEnv)), Image: os.Getenv(victimEnv)}
	c := Config{Kernel: k, Init: os.Getenv(victimEnv + "_INIT"), Accelerator: TCG}
	j := Job{Args: []string{"hang"}, Record: func([]byte) {
		children, _ := exec.Command("pgrep", "-P", fmt.Sprint(os.Getpid()), "qemu").Output()
		fmt.Printf("%s", children)
	}}
	o, err := Run(context.Background(), c, j)
	fmt.Println(o, err)
	os.Exit(1)
}

func TestQEMUDiesWithUs(t *testing.T) {
	k, init := testKernel(t), buildInit(t)
	victim := exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), victimEnv+"="+k.Image, victimEnv+"_INIT="+init)
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	var qemu int
	if _, err := fmt.Fscan(out, &qemu); err != nil {
		t.Fatalf("read QEMU's process ID: %v", err)
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	victim.Wait()
	for begin := time.Now(); unix.Kill(qemu, 0) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > 5*time.Second {
			t.Fatalf("QEMU %d outlives the process that started it", qemu)
		}
	}
}

func TestAlreadyCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	k := testKernel(t)
	cancel()
	o, err := Run(ctx, Config{Kernel: k, Init: buildInit(t), Accelerator: TCG}, Job{Record: func([]byte) {}})
	if !errors.Is(err, context.Canceled) && (err != nil || o.How != Cancelled) {
		t.Errorf("got %+v, %v", o, err)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
