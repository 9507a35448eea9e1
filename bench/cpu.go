package bench

import "golang.org/x/sys/unix"

// lastCPU is the affinity mask of the last processor that this process may use:
// the first tends to serve interrupts.
var lastCPU = func() (mask [128]byte) {
	var allowed unix.CPUSet
	if unix.SchedGetaffinity(0, &allowed) != nil {
		return mask
	}
	for cpu := 8*len(mask) - 1; cpu >= 0; cpu-- {
		if allowed.IsSet(cpu) {
			mask[cpu/8] = 1 << (cpu % 8)
			break
		}
	}
	return mask
}()
