package mountapi

import (
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// variety are mounts of all sorts, by their names, each of which is mounted on a
// directory of that name.
var variety = map[string]struct {
	fs, source, options string
	flags               int
}{
	"plain":               {"tmpfs", "none", "", 0},
	"with options":        {"tmpfs", "the source", "size=64k,nr_inodes=77,mode=711", unix.MS_NOSUID},
	"read-only":           {"tmpfs", "none", "", unix.MS_RDONLY},
	"nodev,noexec":        {"tmpfs", "none", "", unix.MS_NODEV | unix.MS_NOEXEC},
	"noatime":             {"tmpfs", "none", "", unix.MS_NOATIME},
	"nodiratime":          {"tmpfs", "none", "", unix.MS_NODIRATIME},
	"strictatime":         {"tmpfs", "none", "", unix.MS_STRICTATIME},
	"nosymfollow":         {"tmpfs", "none", "", unix.MS_NOSYMFOLLOW},
	"sync":                {"tmpfs", "none", "", unix.MS_SYNCHRONOUS},
	"dirsync and\ttab":    {"tmpfs", "none", "", unix.MS_DIRSYNC},
	"lazytime\\backslash": {"tmpfs", "none", "", unix.MS_LAZYTIME},
	"ramfs":               {"ramfs", "memory", "mode=750", unix.MS_NODEV},
}

// display has s mount all of the variety, and a part of one, below the directory,
// and returns where.
func display(s *harness.Subject, dir string) (points []string) {
	for name, row := range variety {
		point := dir + "/" + name
		Arrange(s.Mkdir(point))
		Arrange(s.Mount(row.source, point, row.fs, row.flags, row.options))
		points = append(points, point)
	}
	part := dir + "/a part"
	for _, name := range []string{dir + "/plain/the part", dir + "/plain/the part/within", part} {
		Arrange(s.Mkdir(name))
	}
	Arrange(s.Bind(dir+"/plain/the part/within", part))
	mounts.Point(s, part+"/below")
	return append(points, part, part+"/below")
}

// attributes are the options of a mount in mountinfo that are attributes.
var attributes = map[string]uint64{
	"ro": unix.MOUNT_ATTR_RDONLY, "nosuid": unix.MOUNT_ATTR_NOSUID, "nodev": unix.MOUNT_ATTR_NODEV, "noexec": unix.MOUNT_ATTR_NOEXEC,
	"noatime": unix.MOUNT_ATTR_NOATIME, "nodiratime": unix.MOUNT_ATTR_NODIRATIME, "nosymfollow": unix.MOUNT_ATTR_NOSYMFOLLOW, "idmapped": unix.MOUNT_ATTR_IDMAP,
}

// attributesOf returns the attributes of a mount that mountinfo shows.
func attributesOf(m *mountinfo.Info) (all uint64) {
	options := strings.Split(m.Options, ",")
	for _, option := range options {
		all |= attributes[option]
	}
	if !slices.Contains(options, "noatime") && !slices.Contains(options, "relatime") {
		all |= unix.MOUNT_ATTR_STRICTATIME
	}
	return all
}

// superFlags are the options of a file system in mountinfo that are flags.
var superFlags = map[string]uint32{"rw": 0, "ro": unix.MS_RDONLY, "sync": unix.MS_SYNCHRONOUS, "dirsync": unix.MS_DIRSYNC, "lazytime": unix.MS_LAZYTIME}

// superOptions returns the flags of a file system that mountinfo shows, and the
// other options.
func superOptions(m *mountinfo.Info) (flags uint32, others []string) {
	for option := range strings.SplitSeq(m.VFSOptions, ",") {
		if flag, is := superFlags[option]; is {
			flags |= flag
		} else {
			others = append(others, option)
		}
	}
	return flags, others
}
