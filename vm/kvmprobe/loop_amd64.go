package kvmprobe

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ioctl numbers and structures: linux/kvm.h and asm/kvm.h, a stable interface.
const (
	kvmCreateVM            = 0xae01
	kvmGetVCPUMmapSize     = 0xae04
	kvmCreateVCPU          = 0xae41
	kvmSetUserMemoryRegion = 0x4020ae46
	kvmSetTSSAddr          = 0xae47
	kvmRun                 = 0xae80
	kvmSetRegs             = 0x4090ae82
	kvmGetSregs            = 0x8138ae83
	kvmSetSregs            = 0x4138ae84

	kvmExitHLT       = 5
	exitReasonOffset = 8 // in struct kvm_run
)

type memoryRegion struct {
	slot, flags                        uint32
	guestAddress, size, userspaceStart uint64
}

type registers struct {
	rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp uint64
	r8, r9, r10, r11, r12, r13, r14, r15   uint64
	rip, rflags                            uint64
}

type segment struct {
	base                           uint64
	limit                          uint32
	selector                       uint16
	typ, present, dpl, db, s, l, g uint8
	avl, unusable, _               uint8
}

type descriptorTable struct {
	base  uint64
	limit uint16
	_     [3]uint16
}

type specialRegisters struct {
	cs, ds, es, fs, gs, ss, tr, ldt segment
	gdt, idt                        descriptorTable
	cr0, cr2, cr3, cr4, cr8         uint64
	efer, apicBase                  uint64
	interrupts                      [4]uint64
}

// The guest's memory: page tables that map its first 2 MiB one to one, and
// the loop.
const (
	memorySize = 0x10000
	pml4At     = 0x1000
	pdptAt     = 0x2000
	pdAt       = 0x3000
	codeAt     = 0x8000
)

// loopCode is: dec ecx; jnz back to it; hlt.
var loopCode = []byte{0xff, 0xc9, 0x75, 0xfc, 0xf4}

// timeLoop times a loop of [iterations] on a virtual CPU in long mode.
func timeLoop() (time.Duration, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	kvm, err := os.OpenFile(device, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer kvm.Close()
	vm, err := ioctl(int(kvm.Fd()), kvmCreateVM, 0, "create VM")
	if err != nil {
		return 0, err
	}
	defer unix.Close(vm)
	memory, err := addMemory(vm)
	if err != nil {
		return 0, err
	}
	defer unix.Munmap(memory)
	vcpu, err := ioctl(vm, kvmCreateVCPU, 0, "create virtual CPU")
	if err != nil {
		return 0, err
	}
	defer unix.Close(vcpu)
	if err := enterLongMode(vcpu); err != nil {
		return 0, err
	}
	return runToHalt(int(kvm.Fd()), vcpu)
}

func addMemory(vm int) ([]byte, error) {
	memory, err := unix.Mmap(-1, 0, memorySize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("map memory: %w", err)
	}
	const presentWritable, large = 0b11, 1 << 7
	binary.LittleEndian.PutUint64(memory[pml4At:], pdptAt|presentWritable)
	binary.LittleEndian.PutUint64(memory[pdptAt:], pdAt|presentWritable)
	binary.LittleEndian.PutUint64(memory[pdAt:], presentWritable|large)
	copy(memory[codeAt:], loopCode)
	// Intel CPUs want three pages of the guest's addresses for themselves.
	if _, err := ioctl(vm, kvmSetTSSAddr, 0xfffbd000, "set TSS address"); err != nil {
		unix.Munmap(memory)
		return nil, err
	}
	region := memoryRegion{size: memorySize, userspaceStart: uint64(uintptr(unsafe.Pointer(&memory[0])))}
	if _, err := ioctl(vm, kvmSetUserMemoryRegion, uintptr(unsafe.Pointer(&region)), "add memory"); err != nil {
		unix.Munmap(memory)
		return nil, err
	}
	return memory, nil
}

func enterLongMode(vcpu int) error {
	var sregs specialRegisters
	if _, err := ioctl(vcpu, kvmGetSregs, uintptr(unsafe.Pointer(&sregs)), "get special registers"); err != nil {
		return err
	}
	code := segment{limit: 0xffffffff, selector: 8, typ: 0xb, present: 1, s: 1, l: 1, g: 1}
	data := segment{limit: 0xffffffff, selector: 16, typ: 0x3, present: 1, s: 1, db: 1, g: 1}
	sregs.cs = code
	sregs.ds, sregs.es, sregs.fs, sregs.gs, sregs.ss = data, data, data, data, data
	const protection, extensionType, paging = 1, 1 << 4, 1 << 31
	const physicalAddressExtension = 1 << 5
	const longModeEnable, longModeActive = 1 << 8, 1 << 10
	sregs.cr0 = protection | extensionType | paging
	sregs.cr3 = pml4At
	sregs.cr4 = physicalAddressExtension
	sregs.efer = longModeEnable | longModeActive
	if _, err := ioctl(vcpu, kvmSetSregs, uintptr(unsafe.Pointer(&sregs)), "set special registers"); err != nil {
		return err
	}
	regs := registers{rip: codeAt, rcx: iterations, rflags: 2}
	_, err := ioctl(vcpu, kvmSetRegs, uintptr(unsafe.Pointer(&regs)), "set registers")
	return err
}

func runToHalt(kvm, vcpu int) (time.Duration, error) {
	size, err := ioctl(kvm, kvmGetVCPUMmapSize, 0, "get size of the virtual CPU's state")
	if err != nil {
		return 0, err
	}
	state, err := unix.Mmap(vcpu, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return 0, fmt.Errorf("map the virtual CPU's state: %w", err)
	}
	defer unix.Munmap(state)
	begin := time.Now()
	for {
		_, err := ioctl(vcpu, kvmRun, 0, "run")
		if err == nil {
			break
		}
		if !isInterrupted(err) {
			return 0, err
		}
	}
	took := time.Since(begin)
	if reason := binary.LittleEndian.Uint32(state[exitReasonOffset:]); reason != kvmExitHLT {
		return 0, fmt.Errorf("run: the virtual CPU stopped with exit reason %d, want %d", reason, kvmExitHLT)
	}
	return took, nil
}
