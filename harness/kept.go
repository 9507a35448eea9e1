package harness

import (
	"slices"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// keptFile is a file that stays open: to find it again after every test takes longer than
// to read it.
type keptFile struct{ fd int } // -1 where it cannot be opened

// keptOpen are the descriptors of all.
var keptOpen struct {
	sync.Mutex
	fds map[int]bool
}

// keepFile opens a file for good.
func keepFile(path string, flags int) keptFile {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		fd = -1
	}
	return keepFD(fd)
}

// keepFD has a descriptor stay open, unless it is -1.
func keepFD(fd int) keptFile {
	keptOpen.Lock()
	defer keptOpen.Unlock()
	if keptOpen.fds == nil {
		keptOpen.fds = map[int]bool{}
	}
	if fd >= 0 {
		keptOpen.fds[fd] = true
	}
	return keptFile{fd}
}

// drop closes the file after all.
func (k keptFile) drop() {
	keptOpen.Lock()
	defer keptOpen.Unlock()
	delete(keptOpen.fds, k.fd)
	unix.Close(k.fd)
}

// isKept reports whether a descriptor is open for good.
func isKept(fd int) bool {
	keptOpen.Lock()
	defer keptOpen.Unlock()
	return keptOpen.fds[fd]
}

// read appends the file's text, as far as it can be read.
func (k keptFile) read(b []byte) []byte {
	for begin := len(b); ; {
		b = slices.Grow(b, 4096)
		n, err := unix.Pread(k.fd, b[len(b):cap(b)], int64(len(b)-begin))
		if n <= 0 || err != nil {
			return b
		}
		b = b[:len(b)+n]
	}
}

// readValue appends the text of a file that comes in one piece, as sysctls do.
func (k keptFile) readValue(b []byte) []byte {
	b = slices.Grow(b, 256)
	if n, err := unix.Pread(k.fd, b[len(b):cap(b)], 0); n > 0 && err == nil {
		b = b[:len(b)+n]
	}
	return b
}

// names returns what is in the folder.
func (k keptFile) names() (names []string) {
	if _, err := unix.Seek(k.fd, 0, unix.SEEK_SET); err != nil {
		return nil
	}
	var buffer [4096]byte
	for {
		n, err := unix.Getdents(k.fd, buffer[:])
		if n <= 0 || err != nil {
			return names
		}
		_, _, names = unix.ParseDirent(buffer[:n], -1, names)
	}
}

// numbers returns the names in the folder that are numbers.
func (k keptFile) numbers() (numbers []int) {
	for _, name := range k.names() {
		if n, err := strconv.Atoi(name); err == nil {
			numbers = append(numbers, n)
		}
	}
	return numbers
}
