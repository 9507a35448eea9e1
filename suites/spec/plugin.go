package spec

import (
	"os/exec"
	"path/filepath"
	"regexp"
)

// pluginPrefix begins the names of plugins of the Container Network Interface, which
// are in no PATH.
const pluginPrefix = "cni/"

// pluginFolders are where they are: Debian's, Fedora's, and where those who build them
// put them.
var pluginFolders = []string{"/usr/lib/cni", "/usr/libexec/cni", "/opt/cni/bin"}

// protocols matches what plugins tell of the specification's versions, the newest one
// last. Distributions build them so that they do not know their own.
var protocols = regexp.MustCompile(`(CNI) protocol versions supported: (?:\S+, )*([0-9.]+)`)

// findPlugin returns nil where there is none.
func findPlugin(name string) *Program {
	for _, folder := range pluginFolders {
		path, err := exec.LookPath(filepath.Join(folder, name))
		if err != nil {
			continue
		}
		p := &Program{Path: path}
		said, _ := exec.Command(path).CombinedOutput()
		if found := protocols.FindStringSubmatch(string(said)); found != nil {
			p.Version = found[1] + " " + found[2]
		}
		return p
	}
	return nil
}
