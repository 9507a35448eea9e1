// Package initramfs writes the root file system of a guest: an uncompressed
// newc cpio archive (Documentation/driver-api/early-userspace/buffer-format.rst).
// The same contents always give the same bytes.
package initramfs

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Archive is the contents. The zero value is empty.
type Archive struct {
	entries map[string]entry
}

type entry struct {
	mode    uint32 // S_IFMT bits and permissions
	source  string // the file on this machine that has the contents
	content []byte // the contents, where there is no source, or where a link leads to
	major   uint32
	minor   uint32
}

// Dir adds a folder. Folders above it, and above all else, are added by
// themselves.
func (a *Archive) Dir(name string) {
	a.put(name, entry{mode: unix.S_IFDIR | 0o755})
}

// File adds a file with the contents that source has when the archive is written.
func (a *Archive) File(name, source string, perm uint32) {
	a.put(name, entry{mode: unix.S_IFREG | perm, source: source})
}

// Content adds a file with the given contents.
func (a *Archive) Content(name string, content []byte, perm uint32) {
	a.put(name, entry{mode: unix.S_IFREG | perm, content: content})
}

// CharDevice adds a character device.
func (a *Archive) CharDevice(name string, major, minor, perm uint32) {
	a.put(name, entry{mode: unix.S_IFCHR | perm, major: major, minor: minor})
}

// Link adds a symbolic link. What is added to a link at the top from then on goes to
// where that leads, relative to the top, as it would in a file system.
func (a *Archive) Link(name, target string) {
	a.put(name, entry{mode: unix.S_IFLNK | 0o777, content: []byte(target)})
}

// Tree adds all that is in a folder of this machine, with its permissions, as root's.
func (a *Archive) Tree(dir string) error {
	err := filepath.WalkDir(dir, func(file string, _ fs.DirEntry, err error) error {
		if err != nil || file == dir {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(file, &st); err != nil {
			return err
		}
		name, e := strings.TrimPrefix(file, dir), entry{mode: st.Mode}
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			e.source = file
		case unix.S_IFLNK:
			target, err := os.Readlink(file)
			if err != nil {
				return err
			}
			e.content = []byte(target)
		case unix.S_IFDIR:
		default:
			return fmt.Errorf("%s is neither a file nor a folder nor a link", file)
		}
		a.put(name, e)
		return nil
	})
	if err != nil {
		return fmt.Errorf("add a folder to the initramfs: %w", err)
	}
	return nil
}

func (a *Archive) put(name string, e entry) {
	if a.entries == nil {
		a.entries = map[string]entry{}
	}
	name = a.followed(path.Clean("/" + name)[1:])
	a.entries[name] = e
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, ok := a.entries[dir]; !ok {
			a.entries[dir] = entry{mode: unix.S_IFDIR | 0o755}
		}
	}
}

// followed returns where a name leads to.
func (a *Archive) followed(name string) string {
	top, rest, _ := strings.Cut(name, "/")
	if link := a.entries[top]; link.mode&unix.S_IFMT == unix.S_IFLNK {
		return path.Join(string(link.content), rest)
	}
	return name
}

// Write writes the archive, its entries in the order of their names, which
// puts folders ahead of what is in them.
func (a *Archive) Write(w io.Writer) error {
	out := &writer{w: bufio.NewWriterSize(w, 1<<20)}
	for _, name := range slices.Sorted(maps.Keys(a.entries)) {
		if err := out.add(name, a.entries[name]); err != nil {
			return fmt.Errorf("write initramfs: /%s: %w", name, err)
		}
	}
	out.header("TRAILER!!!", entry{}, 0)
	if err := out.w.Flush(); err != nil {
		return fmt.Errorf("write initramfs: %w", err)
	}
	return nil
}

type writer struct {
	w     *bufio.Writer
	inode uint32
}

func (w *writer) add(name string, e entry) error {
	if e.source == "" {
		w.header(name, e, int64(len(e.content)))
		w.w.Write(e.content)
		return w.pad(len(e.content))
	}
	f, err := os.Open(e.source)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() > 1<<32-1 {
		return fmt.Errorf("%s is too big for an initramfs", e.source)
	}
	w.header(name, e, info.Size())
	if _, err := io.CopyN(w.w, f, info.Size()); err != nil {
		return err
	}
	return w.pad(int(info.Size()))
}

// header leaves errors to the next pad or flush: a [bufio.Writer] remembers them.
func (w *writer) header(name string, e entry, size int64) {
	w.inode++
	links := 1
	if e.mode&unix.S_IFMT == unix.S_IFDIR {
		links = 2
	}
	n, _ := fmt.Fprintf(w.w, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\x00",
		w.inode, e.mode, 0, 0, links, 0, size, 0, 0, e.major, e.minor, len(name)+1, 0, name)
	w.pad(n)
}

// pad fills up to a multiple of four bytes.
func (w *writer) pad(n int) error {
	_, err := w.w.Write(make([]byte, -n&3))
	return err
}
