package inspect

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// readWays looks for directories outside of its root that the process still has, in file
// systems of the host's: who leaves one open has left the door open.
func (f *facts) readWays(d procDir) {
	if f.own[nsutil.Mnt] == f.host[nsutil.Mnt] || f.gaps[factMounts] != "" {
		return
	}
	fds, _, err := d.numbers("fd")
	if !gone(err) {
		f.miss(factDescriptors, err)
	}
	var st unix.Statx_t
	if err := unix.Statx(d.fd, "root", unix.AT_STATX_DONT_SYNC, unix.STATX_MNT_ID, &st); err == nil && st.Mask&unix.STATX_MNT_ID == 0 {
		f.miss(factDescriptors, errors.New("the kernel does not say which mounts they are on (Linux 5.8 does)"))
	}
	out := newOutside(f.mounts, f.hostMounts)
	look := func(link, what string) {
		if path, host, is := out.directory(d, link); is {
			f.ways = append(f.ways, wayOut{what, path, host})
		}
	}
	look("root", "its root directory")
	look("cwd", "its working directory")
	for _, fd := range fds {
		look("fd/"+strconv.Itoa(fd), "descriptor "+strconv.Itoa(fd))
	}
}

// outside is what the host has mounted and a process has not.
type outside struct {
	own      map[uint64]bool
	byID     map[uint64]string // the host's mount points
	byDevice map[string]string
}

func newOutside(own, host []mount) outside {
	o := outside{map[uint64]bool{}, map[uint64]string{}, map[string]string{}}
	for _, m := range own {
		o.own[uint64(m.id)] = true
	}
	for _, m := range host {
		o.byID[uint64(m.id)] = m.point
		if _, known := o.byDevice[m.device]; !known {
			o.byDevice[m.device] = m.point
		}
	}
	return o
}

// directory returns the path behind a link of procfs, and where the host has mounted its file
// system, if it is a directory on a mount that the process does not have: one of the
// host's, or one that was detached. It asks no file system, which may not answer.
func (o outside) directory(d procDir, link string) (path, host string, is bool) {
	var st unix.Statx_t
	err := unix.Statx(d.fd, link, unix.AT_STATX_DONT_SYNC|unix.AT_NO_AUTOMOUNT, unix.STATX_TYPE|unix.STATX_MNT_ID, &st)
	if err != nil || st.Mask&unix.STATX_MNT_ID == 0 || st.Mode&unix.S_IFMT != unix.S_IFDIR || o.own[st.Mnt_id] {
		return "", "", false
	}
	host, is = o.byID[st.Mnt_id]
	if !is {
		host, is = o.byDevice[fmt.Sprintf("%d:%d", st.Dev_major, st.Dev_minor)]
	}
	if !is {
		return "", "", false
	}
	path, err = d.link(link, make([]byte, 4096))
	return path, host, err == nil
}
