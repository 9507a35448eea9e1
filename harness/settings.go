package harness

import (
	"bytes"
	"fmt"
	"os"
)

// machineSettings are the sysctls that tests set for a moment although they are
// the whole machine's: there is no namespace of one's own to set them in.
var machineSettings = []string{
	"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/overflowuid", "/proc/sys/kernel/overflowgid",
	"/proc/sys/fs/protected_hardlinks", "/proc/sys/fs/mount-max",
}

// Settings are sysctls of the whole machine, by their files, as they were once.
type Settings map[string][]byte

// TakeSettings returns the settings that tests may change, as they are now.
func TakeSettings() Settings { return takeSettings(machineSettings) }

func takeSettings(files []string) Settings {
	s := Settings{}
	for _, file := range files {
		if value, err := os.ReadFile(file); err == nil {
			s[file] = value
		}
	}
	return s
}

// Restore sets what is different now as it was. A test does so itself; this is
// for whoever outlives a process that ran tests and was killed.
func (s Settings) Restore() error {
	for file, was := range s {
		if now, err := os.ReadFile(file); err == nil && bytes.Equal(now, was) {
			continue
		}
		if err := os.WriteFile(file, was, 0); err != nil {
			return fmt.Errorf("restore %s to %q: %w", file, was, err)
		}
	}
	return nil
}
