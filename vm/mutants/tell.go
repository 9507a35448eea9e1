package mutants

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// MissingError says that the kernel lacks a function that a mutant probes: it
// has none of that name, or has it only as part of others.
type MissingError struct{ Function string }

// Error says it in a line.
func (e *MissingError) Error() string {
	return e.Function + " cannot be probed in this kernel: missing or inlined"
}

// Tell makes this machine's kernel, which has loaded the module, tell the named
// mutant's lie from now on. It fails with a [MissingError] where this kernel cannot
// tell it, and is not lying then.
func Tell(name string) error {
	if err := os.WriteFile(parameterFile("mutant"), []byte(name), 0); err != nil {
		return fmt.Errorf("choose a mutant: %w", err)
	}
	missing, err := parameter("missing")
	if err != nil {
		return err
	}
	if missing != "" {
		return &MissingError{Function: missing}
	}
	return nil
}

// Told returns how often the loaded mutant has told its lie.
func Told() (uint64, error) {
	text, err := parameter("told")
	if err != nil {
		return 0, err
	}
	told, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read how often the mutant lied: %w", err)
	}
	return told, nil
}

func parameterFile(name string) string {
	return filepath.Join("/sys/module", moduleName, "parameters", name)
}

func parameter(name string) (string, error) {
	text, err := os.ReadFile(parameterFile(name))
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read the module of mutants: it is not loaded: %w", err)
	}
	if err != nil {
		return "", fmt.Errorf("read the module of mutants: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}
