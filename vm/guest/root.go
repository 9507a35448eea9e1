package guest

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// leaveRootfs makes the root a mount on rootfs where the guest has tools: container
// runtimes call pivot_root(2), which is refused to those whose root is rootfs itself,
// unless the kernel has mounted that on something, too (Linux 7.x). It is the same file
// system once more, as a copy would take its memory twice. All threads of this process
// share their root (CLONE_FS), and children get it.
//
// Without tools the root stays what it is, which a requirement is about.
func leaveRootfs() error {
	const root = "/mnt"
	if !hasTools() || !atBottom() {
		return nil
	}
	if err := unix.Mount("/", root, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("leave rootfs: bind it: %w", err)
	}
	if err := unix.Chdir(root); err != nil {
		return fmt.Errorf("leave rootfs: %w", err)
	}
	if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("leave rootfs: move the new root: %w", err)
	}
	if err := unix.Chroot("."); err != nil {
		return fmt.Errorf("leave rootfs: %w", err)
	}
	return unix.Chdir("/")
}

// atBottom reports whether the root is mounted on nothing, which mountinfo shows as its
// own parent. It is asked before anything is mounted.
func atBottom() bool {
	if unix.Mount("proc", "/proc", "proc", tight, "") != nil {
		return true
	}
	defer unix.Unmount("/proc", 0)
	text, _ := os.ReadFile("/proc/self/mountinfo")
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 4 && f[4] == "/" {
			return f[0] == f[1]
		}
	}
	return true
}

// hasTools reports whether the host has put tools into the initramfs.
func hasTools() bool {
	_, err := os.Stat(ToolsList)
	return err == nil
}
