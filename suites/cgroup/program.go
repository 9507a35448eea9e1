package cgroup

import (
	"os"

	"github.com/nsconform/nsconform/suites/internal/program"
	. "github.com/nsconform/nsconform/suites/spec"
)

// waiting writes a program that does nothing but wait for signals, and returns its path.
func waiting() string {
	path := T().TempDir() + "/waiting"
	Arrange(os.WriteFile(path, program.Of(program.Waiting), 0o700))
	return path
}
