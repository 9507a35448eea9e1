package vm

import (
	"errors"
	"io"
	"os"
	"time"
)

// maxGrowth bounds such a file: far more than any job's records take, but a guest
// may be of any mind.
const maxGrowth = 256 << 20

var errFlood = errors.New("the guest sends without end")

// growing reads a file while QEMU writes it. An exact machine's records go to
// files: a socket that is full, because the host is busy, has the guest wait.
type growing struct {
	file  *os.File
	whole <-chan struct{} // closed when QEMU has ended
	at    int64
}

// Read is an [io.Reader]'s. The file ends when it is whole.
func (g *growing) Read(p []byte) (int, error) {
	const interval = 10 * time.Millisecond
	for whole := false; ; {
		n, err := g.file.ReadAt(p, g.at)
		g.at += int64(n)
		switch {
		case g.at > maxGrowth:
			return 0, errFlood
		case n > 0:
			return n, nil
		case err != io.EOF:
			return 0, err
		case whole:
			return 0, io.EOF
		}
		select {
		case <-g.whole: // once more: what it wrote last
			whole = true
		case <-time.After(interval):
		}
	}
}
