package harness

import (
	"bytes"
	"fmt"
	"os"
	"sync"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// ownThreads are this process's threads, with what is asked of them after every test.
type ownThreads struct {
	mu      sync.Mutex
	folder  keptFile // of all, once there is one
	threads map[int]ownThread
}

type ownThread struct {
	namespaces keptFile // its folder of namespace files
	children   keptFile // the file that lists its children; without CONFIG_PROC_CHILDREN there is none
}

var theThreads ownThreads

// refresh opens what belongs to threads that are new, and closes what belongs to those
// that have ended.
func (o *ownThreads) refresh() {
	if o.threads == nil {
		o.threads = map[int]ownThread{}
		o.folder = keepFile("/proc/self/task", unix.O_RDONLY|unix.O_DIRECTORY)
	}
	now := map[int]bool{}
	for _, tid := range o.folder.numbers() {
		now[tid] = true
		if _, known := o.threads[tid]; !known {
			task := fmt.Sprintf("/proc/self/task/%d/", tid)
			o.threads[tid] = ownThread{keepFile(task+"ns", unix.O_PATH|unix.O_DIRECTORY), keepFile(task+"children", unix.O_RDONLY)}
		}
	}
	for tid, t := range o.threads {
		if !now[tid] {
			o.forget(tid, t)
		}
	}
}

func (o *ownThreads) forget(tid int, t ownThread) {
	t.namespaces.drop()
	t.children.drop()
	delete(o.threads, tid)
}

// eachNamespace appends the names of the namespaces, "uts:[4026531838]" and a zero
// byte, that the threads are in: once where all are in the same.
func (o *ownThreads) eachNamespace(b []byte, kinds []nsutil.Kind) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refresh()
	begin := len(b)
	var first []byte
	for tid, t := range o.threads {
		var room [512]byte
		names := room[:0]
		for _, kind := range kinds {
			var target [64]byte
			n, err := unix.Readlinkat(t.namespaces.fd, string(kind), target[:])
			if err == nil {
				names = append(append(names, target[:n]...), 0)
			}
		}
		if len(names) == 0 {
			o.forget(tid, t) // another thread may have its id
			continue
		}
		if !bytes.Equal(first, names) {
			b = append(b, names...)
		}
		if first == nil {
			first = bytes.Clone(b[begin:])
		}
	}
	return b
}

// children returns the ids of this process's children, zombies included.
func (o *ownThreads) children() []int {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refresh()
	var all []int
	for _, t := range o.threads {
		if t.children.fd < 0 {
			return childrenByStat(os.Getpid())
		}
		all = appendIDs(all, string(t.children.read(nil)))
	}
	return all
}
