package vm

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/vm/guest"
)

// machine is all of a machine that its command line depends on.
type machine struct {
	arch        *architecture
	accelerator Accelerator
	exact       bool
	cpus        int
	memoryMiB   int
	qboot       bool
	smallPages  bool
	tscKHz      int // of an emulated time stamp counter; 0 if unknown
	kernel      string
	initramfs   string
	more        []string // parameters of the kernel
	// The descriptors that QEMU inherits: sockets; for the records of an exact
	// machine, files.
	consoleFD, serialFD, virtioFD, qmpFD int
	// Of a machine that is saved or restored: the file that is its memory, or
	// empty; and whether it waits for its state instead of booting.
	memory   string
	incoming bool
}

// option is a part of QEMU's command line and why it is there.
type option struct {
	args []string
	why  string
}

// parameter is a part of the kernel's command line and why it is there.
type parameter struct {
	text string
	why  string
}

const (
	emulatedCPU    = "max,-erms,-fsrm"
	emulatedCPUWhy = "user space may need x86-64-v3; without these two the kernel copies words: REP MOVSB is emulated byte by byte"
)

// options returns QEMU's command line.
func (m machine) options() []option {
	options := []option{
		{[]string{"-nodefaults"}, "no device that is not named here"},
		{[]string{"-no-user-config"}, "the same machine for every user"},
		{[]string{"-display", "none"}, "no window"},
		{[]string{"-no-reboot"}, "a panic ends the machine"},
	}
	options = append(options, m.memoryOptions()...)
	options = append(options,
		option{[]string{"-smp", strconv.Itoa(m.cpus)}, "asked for"},
		option{[]string{"-m", strconv.Itoa(m.memoryMiB)}, "asked for"})
	switch {
	case m.exact:
		options = append(options, exactOptions()...)
	case m.accelerator == KVM:
		options = append(options,
			option{[]string{"-accel", "kvm"}, "found to be fast"},
			option{[]string{"-cpu", "host"}, "all that the hardware has"})
	default:
		options = append(options,
			option{[]string{"-accel", "tcg"}, "works everywhere"},
			m.arch.cpu)
	}
	if m.qboot {
		options = append(options, option{[]string{"-bios", "qboot.rom"}, "starts sooner than SeaBIOS"})
	}
	if m.incoming {
		options = append(options,
			option{[]string{"-kernel", m.kernel}, "the saved machine's: the state must find the firmware that comes with it"},
			option{[]string{"-incoming", "defer"}, "wait for the saved state"})
	} else {
		options = append(options, option{[]string{"-kernel", m.kernel, "-initrd", m.initramfs}, "no disk"})
	}
	options = append(options,
		option{socket("console", m.consoleFD, "-serial", "chardev:console"), "the console, first serial port"},
		option{m.port("serial", m.serialFD, m.arch.serial.args...), m.arch.serial.why},
		m.virtioOption(),
		option{socket("qmp", m.qmpFD, "-mon", "chardev=qmp,mode=control"), "tells why the machine stopped"},
		option{[]string{"-append", m.kernelCommandLine()}, "see parameters"})
	return options
}

// memoryOptions are the machine's type and what its memory is.
func (m machine) memoryOptions() []option {
	board, why := m.arch.board.args[0], m.arch.board.why
	if m.memory == "" {
		return []option{{[]string{"-machine", board}, why}}
	}
	share, shareWhy := "on", "the file is what is saved"
	if m.incoming {
		share, shareWhy = "off", "the pages that are written to are copied"
	}
	return []option{
		{[]string{"-machine", board + ",memory-backend=ram"}, why},
		{[]string{"-object", fmt.Sprintf("memory-backend-file,id=ram,size=%dM,mem-path=%s,share=%s", m.memoryMiB, m.memory, share)}, shareWhy},
	}
}

func (m machine) virtioOption() option {
	device, why := "virtio-serial-pci,max_ports=2", "the quick way out"
	if m.exact {
		device, why = device+",ioeventfd=off", why+", served where the guest waits for it: beside it, it would interrupt as the host likes"
	}
	return option{m.port("virtio", m.virtioFD, "-device", device, "-device", "virtserialport,chardev=virtio,name="+guest.PortName), why}
}

// port is a character device that the guest's records come through, and what uses it.
func (m machine) port(id string, fd int, user ...string) []string {
	if m.exact {
		return append([]string{"-chardev", fmt.Sprintf("file,id=%s,path=%s", id, descriptorPath(fd))}, user...)
	}
	return socket(id, fd, user...)
}

// socket is a character device on an inherited socket, and what uses it.
func socket(id string, fd int, user ...string) []string {
	return append([]string{"-chardev", fmt.Sprintf("socket,id=%s,fd=%d", id, fd)}, user...)
}

func (m machine) parameters() []parameter {
	parameters := []parameter{
		{"console=" + m.arch.console, "panics have to be seen"},
		{"loglevel=5", "warnings and worse: quiet would hide WARNING"},
		{"printk.time=1", "tells the kernel's lines from everyone else's"},
		{"printk.devkmsg=on", "else the markers of specs are rate-limited"},
		{"panic=-1", "else a panic hangs"},
		{"oops=panic", "a kernel that oopsed holds locks: stop at once rather than hang"},
		{"cryptomgr.notests", "a tenth of the boot"},
	}
	if m.accelerator != KVM {
		parameters = append(parameters, m.arch.emulated...)
	}
	if m.tscKHz > 0 {
		parameters = append(parameters, parameter{fmt.Sprintf("tsc_early_khz=%d", m.tscKHz), "on a busy host the kernel measures it wrong: its clocks ran ten times too fast"})
	}
	if m.exact {
		parameters = append(parameters, exactParameters()...)
	}
	for _, text := range m.more {
		parameters = append(parameters, parameter{text, "asked for"})
	}
	return append(parameters, parameter{"-- " + guest.Arg, "what PID 1 is told"})
}

func (m machine) kernelCommandLine() string {
	var texts []string
	for _, p := range m.parameters() {
		texts = append(texts, p.text)
	}
	return strings.Join(texts, " ")
}

// arguments flattens the options to argv[1:].
func (m machine) arguments() []string {
	var args []string
	for _, o := range m.options() {
		args = append(args, o.args...)
	}
	return args
}
