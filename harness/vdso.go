package harness

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"sync"
	"unsafe"
)

// atSysinfoEhdr is AT_SYSINFO_EHDR of getauxval(3).
const atSysinfoEhdr = 33

// vdsoClockGettime returns the address of clock_gettime in the vDSO, which is
// the same in this process and all subjects.
var vdsoClockGettime = sync.OnceValues(func() (uintptr, error) {
	base, err := auxiliary(atSysinfoEhdr)
	if err != nil {
		return 0, fmt.Errorf("find the vDSO: %w", err)
	}
	const most = 64 << 10 // it has a few pages; what follows is not read
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		return 0, fmt.Errorf("read the vDSO: %w", err)
	}
	defer mem.Close()
	image := make([]byte, most)
	n, err := mem.ReadAt(image, int64(base))
	if n == 0 {
		return 0, fmt.Errorf("read the vDSO: %w", err)
	}
	file, err := elf.NewFile(bytes.NewReader(image[:n]))
	if err != nil {
		return 0, fmt.Errorf("read the vDSO: %w", err)
	}
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return 0, fmt.Errorf("read the vDSO's symbols: %w", err)
	}
	for _, symbol := range symbols {
		if slices.Contains([]string{"__vdso_clock_gettime", "__kernel_clock_gettime"}, symbol.Name) {
			return base + uintptr(symbol.Value), nil
		}
	}
	return 0, fmt.Errorf("find clock_gettime in the vDSO: no such symbol")
})

// auxiliary returns a value of this process's auxiliary vector.
func auxiliary(key uint64) (uintptr, error) {
	vector, err := os.ReadFile("/proc/self/auxv")
	if err != nil {
		return 0, err
	}
	const word = int(unsafe.Sizeof(uintptr(0)))
	for entry := range slices.Chunk(vector, 2*word) {
		if binary.NativeEndian.Uint64(entry) == key {
			return uintptr(binary.NativeEndian.Uint64(entry[word:])), nil
		}
	}
	return 0, fmt.Errorf("the auxiliary vector has no entry %d", key)
}

// VDSOClockGettime returns where the clock_gettime function is in the vDSO,
// counted from its beginning: for programs that subjects execute, which have the
// vDSO elsewhere. See vdso(7).
func VDSOClockGettime() (offset uintptr, err error) {
	function, err := vdsoClockGettime()
	if err != nil {
		return 0, err
	}
	base, err := auxiliary(atSysinfoEhdr)
	if err != nil {
		return 0, fmt.Errorf("find the vDSO: %w", err)
	}
	return function - base, nil
}
