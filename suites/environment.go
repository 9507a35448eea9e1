package suites

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// Options and sysctls that decide what a kernel can do with namespaces.
var (
	interestingOptions = []string{
		"CONFIG_NAMESPACES", "CONFIG_UTS_NS", "CONFIG_IPC_NS", "CONFIG_USER_NS", "CONFIG_PID_NS", "CONFIG_NET_NS",
		"CONFIG_TIME_NS", "CONFIG_CGROUPS", "CONFIG_SYSVIPC", "CONFIG_POSIX_MQUEUE", "CONFIG_CHECKPOINT_RESTORE",
		"CONFIG_PREEMPT_NONE", "CONFIG_PREEMPT", "CONFIG_PREEMPT_LAZY", "CONFIG_PREEMPT_VOLUNTARY", "CONFIG_PREEMPT_DYNAMIC", "CONFIG_PREEMPT_RT",
		"CONFIG_HZ", "CONFIG_NO_HZ_FULL", "CONFIG_TREE_RCU", "CONFIG_PREEMPT_RCU", "CONFIG_RCU_NOCB_CPU", "CONFIG_RCU_LAZY", "CONFIG_RCU_BOOST",
		"CONFIG_KASAN", "CONFIG_PROVE_LOCKING", "CONFIG_IPV6", "CONFIG_NETFILTER",
	}
	interestingSysctls = []string{"kernel/unprivileged_userns_clone", "kernel/apparmor_restrict_unprivileged_userns", "user/max_*_namespaces"}
)

// Environment returns what this process runs on.
func Environment() *reports.Environment {
	var u unix.Utsname
	unix.Uname(&u)
	env := &reports.Environment{
		Release: unix.ByteSliceToString(u.Release[:]), Version: unix.ByteSliceToString(u.Version[:]), Machine: unix.ByteSliceToString(u.Machine[:]),
		Greeting:     greeting(),
		Cmdline:      text("/proc/cmdline"),
		LSM:          text("/sys/kernel/security/lsm"),
		Clocksource:  text("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
		Capabilities: spec.Capabilities(),
		UID:          os.Getuid(),
		CPUs:         runtime.NumCPU(),
		MemoryKiB:    memory(),
		Config:       map[string]string{},
		Sysctls:      map[string]string{},
		Namespaces:   map[string]uint64{},
	}
	if spec.Nested() {
		env.Unprivileged = true
		env.UID, env.UIDs = ids()
	}
	for _, option := range interestingOptions {
		if value, state := spec.Kconfig().Lookup(option); state == nsutil.OptionSet {
			env.Config[option] = value
		}
	}
	for _, pattern := range interestingSysctls {
		files, _ := filepath.Glob("/proc/sys/" + pattern)
		for _, file := range files {
			env.Sysctls[strings.TrimPrefix(file, "/proc/sys/")] = text(file)
		}
	}
	if namespaces, err := nsutil.OfProcess(0); err == nil {
		for kind, id := range namespaces {
			env.Namespaces[string(kind)] = id.Ino
		}
	}
	return env
}

// begins is the first message of a kernel's log, unless others have been written over it.
var begins = regexp.MustCompile(`^(?:<\d+>)?\[ *0\.000000\] (.+)`)

// greeting is what the kernel's log begins with, if it can be read. Linux begins with its
// version, which is known already.
func greeting() string {
	log := make([]byte, 1<<20)
	n, _ := unix.Klogctl(unix.SYSLOG_ACTION_READ_ALL, log)
	return greetingOf(string(log[:max(n, 0)]))
}

func greetingOf(log string) string {
	message := begins.FindStringSubmatch(log)
	if message == nil || strings.HasPrefix(message[1], "Linux version ") {
		return ""
	}
	return message[1]
}

// ids returns this process's uid outside of its user namespace, and how many that has.
func ids() (outside int, count uint32) {
	mapped, _ := nsutil.UIDMapOf(0)
	uid, _ := mapped.ToOutside(uint32(os.Getuid()))
	for _, extent := range mapped {
		count += extent.Length
	}
	return int(uid), count
}

func memory() uint64 {
	for line := range strings.Lines(text("/proc/meminfo")) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "MemTotal:" {
			kib, _ := strconv.ParseUint(fields[1], 10, 64)
			return kib
		}
	}
	return 0
}

// text returns a file's text, "" when it cannot be read.
func text(file string) string {
	content, _ := os.ReadFile(file)
	return strings.TrimSpace(string(content))
}
