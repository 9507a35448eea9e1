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
	kvmRun                 = 0xae80

	exitReasonOffset = 8 // in struct kvm_run
)

type memoryRegion struct {
	slot, flags                        uint32
	guestAddress, size, userspaceStart uint64
}

// The guest's memory, which begins at its address 0.
const (
	memorySize = 0x10000
	codeAt     = 0x8000
)

// timeLoop times a loop of [iterations] on a virtual CPU.
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
	if err := enterLoop(vm, vcpu); err != nil {
		return 0, err
	}
	return runToEnd(int(kvm.Fd()), vcpu)
}

func addMemory(vm int) ([]byte, error) {
	memory, err := unix.Mmap(-1, 0, memorySize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("map memory: %w", err)
	}
	if err := fillMemory(vm, memory); err != nil {
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

func runToEnd(kvm, vcpu int) (time.Duration, error) {
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
	if reason := binary.LittleEndian.Uint32(state[exitReasonOffset:]); reason != endOfLoop {
		return 0, fmt.Errorf("run: the virtual CPU stopped with exit reason %d, want %d", reason, endOfLoop)
	}
	return took, nil
}
