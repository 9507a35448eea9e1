//go:build ignore

// Make writes the images in this folder: go generate ./suites/internal/disk, as
// root, with the programs of Debian 12's e2fsprogs, xfsprogs, btrfs-progs,
// dosfstools, ntfs-3g, erofs-utils and squashfs-tools on PATH. XFS and btrfs hold
// the time they were made at; the others are the same each time.
package main

import (
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	block = 4096
	uuid  = "6e73636f-6e66-6f72-6d00-0000000000"
)

// images says how big each image is and who makes it; %s is the image, or the
// folder that a read-only one is made of.
var images = []struct {
	name    string
	size    int64
	command string
}{
	{"ext4", 512 << 10, "mkfs.ext4 -q -F -b 1024 -N 512 -I 256 -O ^has_journal,^resize_inode -m 0 -E nodiscard,hash_seed=" + uuid + "11 -U " + uuid + "01 %s"},
	{"xfs", 16 << 20, "mkfs.xfs -q -f -m uuid=" + uuid + "02 %s"},
	{"btrfs", 16 << 20, "mkfs.btrfs -q -f -M -m single -d single -n 4096 -s 4096 -U " + uuid + "03 %s"},
	{"vfat", 64 << 10, "mkfs.fat --invariant -F 12 -s 1 %s"},
	{"ntfs3", 2 << 20, "mkntfs -q -F -Q -s 512 -c 512 -p 0 -H 0 -S 0 %s"},
	{"erofs", 0, "mkfs.erofs --quiet -T0 -U " + uuid + "04 %s FOLDER"},
	{"squashfs", 0, "mksquashfs FOLDER %s -quiet -no-progress -noappend -mkfs-time 0 -all-time 0"},
}

func main() {
	log.SetFlags(0)
	dir, err := os.MkdirTemp("", "")
	check(err)
	defer os.RemoveAll(dir)
	for _, i := range images {
		check(makeImage(i.name, i.size, i.command, dir))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func makeImage(name string, size int64, command, dir string) error {
	image, folder := filepath.Join(dir, name), filepath.Join(dir, name+".d")
	if size > 0 {
		if err := os.WriteFile(image, nil, 0o600); err != nil {
			return err
		}
		if err := os.Truncate(image, size); err != nil {
			return err
		}
	} else if err := populate(folder); err != nil {
		return err
	}
	words := strings.Fields(strings.ReplaceAll(fmt.Sprintf(command, image), "FOLDER", folder))
	run := exec.Command(words[0], words[1:]...)
	run.Stderr = os.Stderr
	// mke2fs takes the time from the one; the others let mkfs.xfs make a small one.
	run.Env = append(os.Environ(), "E2FSPROGS_FAKE_TIME=1", "TEST_DIR=/", "TEST_DEV=-", "QA_CHECK_FS=1")
	if err := run.Run(); err != nil {
		return fmt.Errorf("make %s: %w", name, err)
	}
	return pack(image, filepath.Join("images", name+".gz"))
}

// dropBootCode removes the programs that FAT's and NTFS's tools put into the first
// sector, and NTFS's into the last, too: they are not ours.
func dropBootCode(name string, image []byte) {
	from, ok := map[string]int{"vfat": 62, "ntfs3": 84}[name]
	if !ok {
		return
	}
	const sector, signature = 512, 510
	clear(image[from:signature])
	if last := image[len(image)-sector:]; name == "ntfs3" {
		clear(last[from:signature])
	}
}

// populate makes the folder with the file that read-only images have.
func populate(folder string) error {
	file := filepath.Join(folder, "file")
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte("read-only"), 0o640); err != nil {
		return err
	}
	return os.Chown(file, 3, 4)
}

// pack writes the image's size, and each block that is not all zeros, after its
// offset. Of words it writes the differences: in NTFS's table of capital letters
// hardly any is not 1.
func pack(from, to string) error {
	image, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	dropBootCode(filepath.Base(from), image)
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer f.Close()
	w, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	put := func(n int) { check(binary.Write(w, binary.LittleEndian, uint64(n))) }
	image = append(image, make([]byte, -len(image)&(block-1))...)
	put(len(image))
	for at := 0; at < len(image); at += block {
		if strings.Trim(string(image[at:at+block]), "\x00") != "" {
			put(at)
			last := uint16(0)
			for i := at; i < at+block; i += 2 {
				word := binary.LittleEndian.Uint16(image[i:])
				check(binary.Write(w, binary.LittleEndian, word-last))
				last = word
			}
		}
	}
	return w.Close()
}
