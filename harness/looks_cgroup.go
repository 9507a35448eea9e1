package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

var ownCgroups = sync.OnceValue(func() keptFile { return keepFile("/proc/self/cgroup", unix.O_RDONLY) })

// memberships are what the text of /proc/self/cgroup last said.
var memberships struct {
	text    string
	entries []nsutil.CgroupEntry
}

// readCgroups takes this process's memberships and the groups below them, unless those
// can only be others' doing.
func readCgroups(b []byte) []byte {
	begin := len(b)
	b = ownCgroups().read(b)
	if text := b[begin:]; string(text) != memberships.text {
		memberships.text = string(text)
		memberships.entries, _ = nsutil.ParseCgroups(strings.NewReader(memberships.text))
	}
	b = append(b, 0)
	for _, entry := range memberships.entries {
		if own := cgroupFolder(entry); ownIDs().all || unix.Access(own, unix.W_OK) == nil {
			b = appendCgroups(b, own)
		}
	}
	return b
}

// cgroupFolder returns the folder of a cgroup, where distributions mount its hierarchy.
func cgroupFolder(e nsutil.CgroupEntry) string {
	const all = "/sys/fs/cgroup"
	root := filepath.Join(all, strings.TrimPrefix(strings.Join(e.Controllers, ","), "name="))
	if e.Hierarchy == 0 && isDir(all+"/unified") {
		root = all + "/unified"
	}
	return filepath.Join(root, e.Path)
}

// appendCgroups appends the folders below one, of which there are as many as the number
// of its links says.
func appendCgroups(b []byte, folder string) []byte {
	var st unix.Stat_t
	if unix.Stat(folder, &st) != nil || st.Nlink <= 2 {
		return b
	}
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if entry.IsDir() && !others(entry.Name()) {
			below := filepath.Join(folder, entry.Name())
			b = appendCgroups(append(append(b, below...), 0), below)
		}
	}
	return b
}

func parseCgroups(raw string) map[string]string {
	cgroups := map[string]string{}
	own, below, _ := strings.Cut(raw, "\x00")
	entries, _ := nsutil.ParseCgroups(strings.NewReader(own))
	for _, entry := range entries {
		cgroups[fmt.Sprintf("cgroup of hierarchy %d:%s", entry.Hierarchy, strings.Join(entry.Controllers, ","))] = entry.Path
	}
	for folder := range strings.SplitSeq(strings.TrimSuffix(below, "\x00"), "\x00") {
		if folder != "" {
			cgroups["cgroup "+folder] = "there"
		}
	}
	return cgroups
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
