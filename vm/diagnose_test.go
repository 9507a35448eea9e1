package vm

import (
	"strings"
	"testing"
)

func TestHints(t *testing.T) {
	for console, want := range map[string]string{
		"[    1.000000] VFS: Cannot open root device \"\" or unknown-block(0,0)":                                                "CONFIG_BLK_DEV_INITRD",
		"[    1.000000] Failed to execute /init (error -8)\n[    1.000000] Kernel panic - not syncing: No working init found. ": "CONFIG_BINFMT_ELF",
		"[    1.000000] nsconform: no port to the host: open /dev/ttyS1: no such file or directory":                             "CONFIG_SERIAL_8250 and CONFIG_DEVTMPFS",
		"[    1.000000] Kernel panic - not syncing: System is deadlocked on memory":                                             "memory",
		"[    1.000000] tsc: Marking TSC unstable":                                                                              "the last line of its console: [    1.000000] tsc: Marking TSC unstable",
	} {
		if got := hint(strings.Split(console, "\n")); !strings.Contains(got, want) {
			t.Errorf("%q: got %q", console, got)
		}
	}
	if got := hint(nil); !strings.Contains(got, "CONFIG_SERIAL_8250_CONSOLE") {
		t.Errorf("got %q of a silent console", got)
	}
}

// TestSilentConsoleIsTold takes it from a kernel that can be heard otherwise.
func TestSilentConsoleIsTold(t *testing.T) {
	r := boot(t, func(c *Config, _ *Job) {
		c.Modules, c.Parameters = []string{"virtio_pci", "virtio_console"}, []string{"8250.nr_uarts=0"}
	}, "records", "3")
	r.want(t, Finished, "exited with 0")
	if len(r.complaints) != 1 || r.complaints[0].Kind != "no console" {
		t.Errorf("got %+v", r.complaints)
	}
}

// TestKernelsThatLackSomething takes it from one with parameters.
func TestKernelsThatLackSomething(t *testing.T) {
	for _, tt := range []struct {
		name      string
		parameter string
		how       How
		why       string
	}{
		{"initramfs", "initcall_blacklist=populate_rootfs", NeverBooted, "CONFIG_BLK_DEV_INITRD"},
		{"memory", "mem=64M", NeverBooted, "memory"},
		{"virtio", "initcall_blacklist=virtio_console_init,virtio_pci_driver_init", Finished, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := boot(t, func(c *Config, _ *Job) { c.Parameters = []string{tt.parameter} }, "records", "3")
			r.want(t, tt.how, tt.why)
			t.Log(r.Why)
		})
	}
}
