package vm

import (
	"strings"

	"github.com/nsconform/nsconform/vm/guest"
	"github.com/nsconform/nsconform/vm/initramfs"
	"github.com/nsconform/nsconform/vm/kernels"
)

// addTools adds programs to a guest's root file system, ahead of all else: what is
// the guest's own has precedence. They are part of the initramfs as a machine has no
// disk, nor are all kernels able to read one.
func addTools(a *initramfs.Archive, tools *kernels.Tools) error {
	if tools == nil {
		return nil
	}
	for _, dir := range kernels.UsrLinks {
		a.Link(dir, "usr/"+dir)
	}
	a.Link("var/run", "/run")
	if err := a.Tree(tools.Root); err != nil {
		return err
	}
	// Specs put their own over these.
	for _, name := range []string{"etc/subuid", "etc/subgid"} {
		a.Content(name, nil, 0o644)
	}
	a.Content(guest.ToolsList, []byte(strings.Join(tools.Packages, "\n")+"\n"), 0o644)
	return nil
}
