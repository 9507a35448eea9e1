package main

import "github.com/nsconform/nsconform/nsutil"

// judgeFlags say what kernels are held to.
type judgeFlags struct {
	AsLinux linuxVersion `placeholder:"VERSION" help:"Hold the kernel to what this version of Linux promises, 6.1, whatever it says of itself. For kernels that are compatible with Linux."`
}

// linuxVersion is a version on the command line.
type linuxVersion struct{ nsutil.Version }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (v *linuxVersion) UnmarshalText(text []byte) (err error) {
	v.Version, err = nsutil.ParseVersion(string(text))
	return err
}
