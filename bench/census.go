package bench

import (
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/moby/sys/mountinfo"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
)

// census tells what slows namespaces down.
func (c Config) census(when string) {
	census := &reports.Census{When: when, Namespaces: map[string]int{}}
	if mounts, err := mountinfo.GetMounts(nil); err == nil {
		census.Mounts = len(mounts)
	}
	seen := map[nsutil.Kind]map[nsutil.ID]bool{}
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range processes {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() {
			continue
		}
		census.Processes++
		ids, err := nsutil.OfProcess(pid)
		if err != nil {
			continue // it has ended, or is not ours to look at
		}
		for kind, id := range ids {
			if seen[kind] == nil {
				seen[kind] = map[nsutil.ID]bool{}
			}
			seen[kind][id] = true
		}
	}
	for kind, ids := range seen {
		census.Namespaces[string(kind)] = len(ids)
	}
	c.Emit(reports.Event{Type: reports.Counted, Time: time.Now(), Census: census})
}
