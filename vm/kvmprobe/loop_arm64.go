package kvmprobe

import (
	"encoding/binary"
	"unsafe"
)

const (
	kvmSetOneReg          = 0x4010aeac
	kvmARMVCPUInit        = 0x4020aeae
	kvmARMPreferredTarget = 0x8020aeaf

	endOfLoop = 6 // KVM_EXIT_MMIO

	programCounter = 0x6030_0000_0010_0040 // KVM_REG_ARM_CORE_REG(regs.pc)
)

// loopCode ends with a write to where the guest has no memory.
var loopCode = []uint32{
	0xd290d400, // movz x0, #0x86a0
	0xf2a00020, // movk x0, #1, lsl #16: iterations
	0xf1000400, // subs x0, x0, #1
	0x54ffffe1, // b.ne to the subs
	0xd2a20001, // movz x1, #0x1000, lsl #16
	0xb900003f, // str  wzr, [x1]
}

// virtualCPU is struct kvm_vcpu_init.
type virtualCPU struct {
	target   uint32
	features [7]uint32
}

type oneRegister struct{ id, address uint64 }

func fillMemory(_ int, memory []byte) error {
	for i, word := range loopCode {
		binary.LittleEndian.PutUint32(memory[codeAt+4*i:], word)
	}
	return nil
}

// enterLoop leaves the CPU as it comes out of reset, at EL1 with the MMU off.
func enterLoop(vm, vcpu int) error {
	var init virtualCPU
	if _, err := ioctl(vm, kvmARMPreferredTarget, uintptr(unsafe.Pointer(&init)), "get kind of CPU"); err != nil {
		return err
	}
	if _, err := ioctl(vcpu, kvmARMVCPUInit, uintptr(unsafe.Pointer(&init)), "initialize virtual CPU"); err != nil {
		return err
	}
	pc := uint64(codeAt)
	register := oneRegister{programCounter, uint64(uintptr(unsafe.Pointer(&pc)))}
	_, err := ioctl(vcpu, kvmSetOneReg, uintptr(unsafe.Pointer(&register)), "set program counter")
	return err
}
