package kvmprobe

import (
	"encoding/binary"
	"unsafe"
)

const (
	kvmSetTSSAddr = 0xae47
	kvmSetRegs    = 0x4090ae82
	kvmGetSregs   = 0x8138ae83
	kvmSetSregs   = 0x4138ae84

	endOfLoop = 5 // KVM_EXIT_HLT
)

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

// Page tables map the guest's first 2 MiB one to one.
const (
	pml4At = 0x1000
	pdptAt = 0x2000
	pdAt   = 0x3000
)

// loopCode is: dec ecx; jnz back to it; hlt.
var loopCode = []byte{0xff, 0xc9, 0x75, 0xfc, 0xf4}

func fillMemory(vm int, memory []byte) error {
	const presentWritable, large = 0b11, 1 << 7
	binary.LittleEndian.PutUint64(memory[pml4At:], pdptAt|presentWritable)
	binary.LittleEndian.PutUint64(memory[pdptAt:], pdAt|presentWritable)
	binary.LittleEndian.PutUint64(memory[pdAt:], presentWritable|large)
	copy(memory[codeAt:], loopCode)
	// Intel CPUs want three pages of the guest's addresses for themselves.
	_, err := ioctl(vm, kvmSetTSSAddr, 0xfffbd000, "set TSS address")
	return err
}

// enterLoop puts the CPU into long mode.
func enterLoop(_, vcpu int) error {
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
